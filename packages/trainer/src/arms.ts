import {
  createAdapter,
  modulationTensors,
  objectiveVectors,
  type tf,
  type Adapter,
  type ObjectiveVectorOptions,
  type Random,
  type Tokenizer,
  type Transformer,
} from "@uniarm/core";
import {
  AdapterConfig,
  methodOf,
  preferenceGrid,
  type MosLoraConfig,
  type PreferenceVector,
  type TrainingConfig,
} from "@uniarm/core/schema";
import { createAdamW, type AdamW, type AdamWState } from "./adamw.ts";
import { createAverage, type Average } from "./average.ts";
import type { LossSettings } from "./loss-settings.ts";
import type { StoredTensors } from "./stored-tensors.ts";

/** An ARM or tuned policy in training: an adapter with its optimizer and the objectives it learns. */
export interface Arm {
  adapter: Adapter;
  optimizer: AdamW;
  /** the one objective whose labels it learns, or null: all of them, mixed by the preference */
  objective: number | null;
  /** the one preference that it is for, or null */
  weights: PreferenceVector | null;
  /** moving average of the adapter, where there is one: it is what is validated and saved */
  average: Average | null;
}

/** What an optimizer and average continue from. */
export interface ArmState {
  optimizer: AdamWState;
  /** the adapter's own tensors where the checkpoint has their average; else null */
  trained: StoredTensors | null;
}

/** What of an ARM is validated and saved. */
export const savedAdapter = ({ adapter, average }: Pick<Arm, "adapter" | "average">): Adapter =>
  average?.adapter ?? adapter;

export function adapterConfigOf(config: TrainingConfig): AdapterConfig {
  return config.adapter ?? AdapterConfig.parse({ kind: methodOf(config.method).adapter });
}

/** The preferences of a method that tunes a policy for each of some; null for the others. */
export function armWeightsOf({ method, objectives, weightVectors }: TrainingConfig): PreferenceVector[] | null {
  if (methodOf(method).arms !== "per-weights") return null;
  return weightVectors ?? preferenceGrid(objectives.length, 4);
}

/**
 * Fresh adapters: one for all objectives, one per objective in their order, or one per weight vector. Tuned policies start
 * from one draw: their adapters are averaged at decoding, and averages of unrelated factors mean nothing.
 */
export async function createAdapters(
  config: TrainingConfig,
  model: Transformer,
  tokenizer: Tokenizer,
  random: Random,
): Promise<Adapter[]> {
  const form = adapterConfigOf(config);
  const { arms, trains } = methodOf(config.method);
  if (arms !== "one") {
    const names = arms === "per-objective" ? config.objectives.map(({ name }) => name) : (armWeightsOf(config) ?? []);
    return names.map((name) => {
      const stream = trains === "policy" ? "adapter" : `adapter-${String(name)}`;
      return createAdapter(form, model.config, { objectiveCount: 1, random: random.fork(stream) });
    });
  }
  const start = { objectiveCount: config.objectives.length, random: random.fork("adapter") };
  if (form.kind !== "moslora") return [createAdapter(form, model.config, start)];
  const descriptions = config.objectives.map(({ description }) => description);
  const vectors = await objectiveVectors(model, tokenizer, descriptions, vectorOptions(form, random));
  return [createAdapter(form, model.config, { ...start, objectiveVectors: vectors })];
}

/** How objectives become vectors. */
export const vectorOptions = (
  { objectiveEmbedding, objectiveGeometry }: MosLoraConfig,
  random: Random,
): ObjectiveVectorOptions => ({
  embedding: objectiveEmbedding,
  geometry: objectiveGeometry,
  random: random.fork("objectives"),
});

/** Gives each adapter its optimizer and average, fresh or continued from `states`. It takes the adapters over. */
export function armsOf(config: TrainingConfig, adapters: readonly Adapter[], states?: readonly ArmState[]): Arm[] {
  const weightVectors = armWeightsOf(config);
  const perObjective = methodOf(config.method).arms === "per-objective";
  const kept = perObjective && config.addedObjectives ? adapters.length - config.addedObjectives.length : 0;
  const trainedOf = (adapter: Adapter): Record<string, tf.Variable> =>
    config.freeze === "factors" ? modulationTensors(adapter) : adapter.tensors;
  return adapters.map((given, index) => {
    const state = states?.[index];
    const isKept = index < kept;
    const { adapter, average } =
      config.ema === undefined || isKept
        ? { adapter: given, average: null }
        : createAverage(given, config.ema, state?.trained ?? null, Object.keys(trainedOf(given)));
    const weights = weightVectors?.[index] ?? null;
    return {
      adapter,
      average,
      optimizer: createAdamW(isKept ? {} : trainedOf(adapter), config.optimizer, state?.optimizer),
      objective: perObjective ? index : weights && largest(weights),
      weights,
    };
  });
}

/** Those that a run changes: where objectives are added, not the ones of the others. */
export const learning = (arms: readonly Arm[]): Arm[] =>
  arms.filter(({ optimizer }) => Object.keys(optimizer.variables).length > 0);

/** The place of the largest entry, the first of equal ones. */
export const largest = (weights: readonly number[]): number => weights.indexOf(Math.max(...weights));

export function disposeArms(arms: readonly Arm[]): void {
  for (const { adapter, optimizer, average } of arms) {
    adapter.dispose();
    optimizer.dispose();
    average?.adapter.dispose();
  }
}

/** The loss as one ARM sees it: of its own objective only, where it has one. */
export function settingsOf({ objective }: Arm, settings: LossSettings): LossSettings {
  if (objective === null) return settings;
  const { objectiveWeights: _, ...own } = settings;
  return { ...own, betas: [settings.betas[objective]!], global: null };
}
