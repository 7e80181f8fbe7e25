import { tf, type Adapter, type Transformer } from "@uniarm/core";
import type { AdamW } from "./adamw.ts";
import type { Arm } from "./arms.ts";
import { addGradients, clipByGlobalNorm, meanOfSum, valueAndGradients, type Gradients } from "./gradients.ts";
import type { LossSettings } from "./loss-settings.ts";
import { basePart, batchObjective, disposeBasePart, type BatchObjective, type MicroBatch } from "./batch-objective.ts";

/** Numbers of one micro-batch before the update. */
export interface MicroBatchReport {
  loss: number;
  objectiveLosses: number[];
  globalLoss: number | null;
  /** of each row under the trained policy, nats: [2B] of pairs, [B] of responses to imitate; empty for scorers */
  sequenceLogProbs: number[];
  /** D of each pair [B][1], of scorers one for each objective [B][K]; empty where responses are imitated */
  differences: number[][];
}

export interface StepReport {
  microBatches: MicroBatchReport[];
  /** global L2 norm before clipping */
  gradientNorm: number;
}

/** A step before it is made: what it is about to do is seen first. */
export interface PreparedStep {
  report: StepReport;
  /** clipped; their owner disposes of them */
  gradients: Gradients;
}

/**
 * One optimizer step: AdamW on the mean of the micro-batches' gradients, clipped by its global norm. The new tensors and
 * moments depend on the arguments alone. A step of which a loss or gradient is not finite changes nothing.
 */
export async function trainStep(
  model: Transformer,
  { adapter, optimizer }: { adapter: Adapter; optimizer: AdamW },
  microBatches: readonly MicroBatch[],
  settings: LossSettings,
  { learningRate, maxGradNorm }: { learningRate: number; maxGradNorm: number },
): Promise<StepReport> {
  const { report, gradients } = await prepareStep(model, { adapter, optimizer }, microBatches, settings, maxGradNorm);
  if (isFiniteStep(report)) optimizer.apply(gradients, learningRate);
  tf.dispose(gradients);
  return report;
}

/** Losses and clipped gradients of a step; nothing is updated. */
export async function prepareStep(
  model: Transformer,
  { adapter, optimizer }: Pick<Arm, "adapter" | "optimizer">,
  microBatches: readonly MicroBatch[],
  settings: LossSettings,
  maxGradNorm: number,
): Promise<PreparedStep> {
  const { gradients, objectives } = pairGradients(model, adapter, microBatches, settings, optimizer.variables);
  const clipped = clipByGlobalNorm(gradients, maxGradNorm);
  tf.dispose(gradients);
  const gradientNorm = await take(clipped.norm);
  const reports: MicroBatchReport[] = [];
  for (const { loss, objectiveLosses, globalLoss, sequenceLogProbs, difference } of objectives) {
    reports.push({
      loss: (await take(loss))[0]!,
      objectiveLosses: await take(objectiveLosses),
      globalLoss: globalLoss && (await take(globalLoss))[0]!,
      sequenceLogProbs: sequenceLogProbs ? await take(sequenceLogProbs) : [],
      differences: difference ? await rowsOf(difference) : [],
    });
  }
  return { report: { microBatches: reports, gradientNorm: gradientNorm[0]! }, gradients: clipped.gradients };
}

/** Whether a step may be made: losses and gradients are numbers. */
export const isFiniteStep = ({ microBatches, gradientNorm }: StepReport): boolean =>
  Number.isFinite(gradientNorm) && microBatches.every(({ loss }) => Number.isFinite(loss));

/** Mean gradients over the micro-batches, and the losses that they are gradients of; the caller owns both. */
export function pairGradients(
  model: Transformer,
  adapter: Adapter,
  microBatches: readonly MicroBatch[],
  settings: LossSettings,
  variables = adapter.tensors,
): { gradients: Gradients; objectives: BatchObjective[] } {
  const objectives: BatchObjective[] = [];
  let sum: Gradients | null = null;
  for (const batch of microBatches) {
    const base = basePart(model, batch, settings);
    const { value, gradients } = valueAndGradients(() => {
      const objective = batchObjective(model, adapter, batch, settings, base);
      const { loss, objectiveLosses, globalLoss, sequenceLogProbs, difference } = objective;
      objectives.push(objective);
      // they outlive the gradient's own scope; the loss comes back as its value
      for (const tensor of [objectiveLosses, globalLoss, sequenceLogProbs, difference]) if (tensor) tf.keep(tensor);
      return loss;
    }, variables);
    disposeBasePart(base);
    objectives.at(-1)!.loss = value;
    sum = sum ? addGradients(sum, gradients) : gradients;
  }
  return { gradients: meanOfSum(sum ?? {}, microBatches.length), objectives };
}

/** A tensor [B] or [B,K] as rows; it is then freed. */
async function rowsOf(tensor: tf.Tensor): Promise<number[][]> {
  const columns = tensor.shape[1] ?? 1;
  const values = await take(tensor);
  return Array.from({ length: values.length / columns }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

/** The values of a tensor, which is then freed. */
async function take(tensor: tf.Tensor): Promise<number[]> {
  const values = Array.from(await tensor.data());
  tensor.dispose();
  return values;
}
