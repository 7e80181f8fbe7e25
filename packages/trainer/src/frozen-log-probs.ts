import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  bindAdapter,
  exists,
  float32Of,
  loadCheckpoint,
  readSafetensors,
  sequenceLogProbs,
  tf,
  writeSafetensors,
  type Adapter,
  type Transformer,
} from "@uniarm/core";
import { lossOf, UniArmError, type RunEvent } from "@uniarm/core/schema";
import { betweenSteps } from "./between-steps.ts";
import { describeExamples } from "./describe-rows.ts";
import { pairTokens, type Example } from "./examples.ts";
import { isAllFinite } from "./is-all-finite.ts";
import type { Session } from "./session.ts";

const FILE = "frozen-log-probs.safetensors";

/** Pairs that a tuned policy is compared on with policies that do not change. */
interface Part {
  name: "training" | "validation";
  examples: readonly Example[];
  /** "base", and the objectives whose own policies are asked too */
  policies: readonly string[];
}

/** part and policy -> L(y) of the responses 0 and 1 of each of its pairs, nats [2n] */
type LogProbs = Map<string, Float32Array>;

const keyOf = (part: Pick<Part, "name">, policy: string): string => `${part.name}.${policy}`;

/**
 * Gives the examples of a run that tunes the model what the model untuned, and MODPO's policies of single objectives, make of
 * them: computed once, told as progress in pairs, and kept in the run's folder for a run that is resumed. A signal ends it
 * early, with nothing kept.
 * @throws UniArmError reference-not-finite
 */
export async function* addFrozenLogProbs(
  session: Session,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, void> {
  const parts = partsOf(session);
  if (parts.length === 0) return;
  const path = join(session.config.output, FILE);
  const sha256 = guardOf(session, parts);
  const known = await readKept(path, sha256);
  const logProbs = known ?? (yield* computed(session, parts, signal));
  if (!logProbs) return;
  if (!known) await keep(path, logProbs, sha256);
  for (const part of parts) addTo(part, logProbs, session);
}

function partsOf({ config, training, validation, margins }: Session): Part[] {
  const { loss, policy } = lossOf(config);
  if (policy !== "tuned") return [];
  const others = margins ? config.objectives.map(({ name }) => name) : [];
  const parts: Part[] = [];
  if (loss !== "imitation")
    parts.push({
      name: "training",
      examples: training.examples,
      policies: ["base", ...others.map(policyOf)],
    });
  if (validation && config.validationPairs !== undefined)
    parts.push({
      name: "validation",
      examples: validation.examples,
      policies: ["base"],
    });
  return parts;
}

/** An objective may be called base. */
const policyOf = (objective: string): string => `objective.${objective}`;

function addTo({ name, examples }: Part, logProbs: LogProbs, { config, margins }: Session): void {
  const base = logProbs.get(keyOf({ name }, "base"))!;
  const own = config.objectives.map((objective) => logProbs.get(keyOf({ name }, policyOf(objective.name))));
  examples.forEach((example, row) => {
    const [first, second] = [2 * row, 2 * row + 1];
    const differenceOf = (values: Float32Array, beta: number): number =>
      beta * (values[first]! - base[first]! - (values[second]! - base[second]!));
    const rewardDifferences =
      margins && name === "training"
        ? own.map((values, column) => differenceOf(values!, margins.betas[column]!))
        : null;
    example.frozen = { base: [base[first]!, base[second]!], rewardDifferences };
  });
}

/** Everything that the numbers depend on. */
function guardOf({ config, model, margins }: Session, parts: readonly Part[]): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([model.sha256, config.baseWeights, margins?.sha256 ?? null]));
  for (const { name, examples } of parts) {
    hash.update(name);
    for (const { prompt, responses } of examples) hash.update(JSON.stringify([prompt, responses]));
  }
  return hash.digest("hex");
}

async function readKept(path: string, sha256: string): Promise<LogProbs | null> {
  if (!(await exists(path))) return null;
  const kept = await readSafetensors(path).catch((error: unknown) => {
    if (error instanceof UniArmError) return null; // it is damaged, and can be computed again
    throw error;
  });
  if (kept?.metadata.sha256 !== sha256) return null;
  return new Map([...kept.tensors].map(([name, entry]) => [name, float32Of(entry)]));
}

async function keep(path: string, logProbs: LogProbs, sha256: string): Promise<void> {
  const tensors: Record<string, { shape: number[]; data: Float32Array }> = {};
  for (const [name, data] of logProbs) tensors[name] = { shape: [data.length / 2, 2], data };
  await writeSafetensors(path, tensors, { sha256 });
}

async function* computed(
  session: Session,
  parts: readonly Part[],
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, LogProbs | null> {
  const { config, model, margins, padTokenId } = session;
  const total = parts.reduce((sum, { examples }) => sum + examples.length, 0);
  const arms = margins ? (await loadCheckpoint(margins.folder, { model: model.config })).arms : [];
  try {
    const policies = new Map<string, Adapter | null>([
      ["base", null],
      ...config.objectives.map(({ name }, index): [string, Adapter | null] => [policyOf(name), arms[index] ?? null]),
    ]);
    const logProbs: LogProbs = new Map();
    let done = 0;
    for (const part of parts) {
      for (const policy of part.policies) logProbs.set(keyOf(part, policy), new Float32Array(2 * part.examples.length));
      for (const rows of batchesOf(part.examples, config.batchPairs / config.accumulationSteps)) {
        if (signal?.aborted) return null;
        const batch = rows.map((row) => part.examples[row]!);
        for (const policy of part.policies) {
          const values = await valuesOf(model, policies.get(policy) ?? null, batch, padTokenId);
          if (!isAllFinite(values)) throw await notFinite(batch, values, policy);
          const all = logProbs.get(keyOf(part, policy))!;
          rows.forEach((row, index) => all.set([values[index]!, values[index + rows.length]!], 2 * row));
        }
        done += rows.length;
        yield { type: "progress", phase: "log-probabilities of the frozen policies", done, total, unit: "pairs" };
        await betweenSteps();
      }
    }
    return logProbs;
  } finally {
    for (const arm of arms) arm.dispose();
  }
}

/** Places of examples of about one length, batch by batch: less padding. */
function batchesOf(examples: readonly Example[], size: number): number[][] {
  const places = Array.from(examples.keys()).sort((a, b) => examples[a]!.length - examples[b]!.length);
  return Array.from({ length: Math.ceil(places.length / size) }, (_, index) =>
    places.slice(index * size, (index + 1) * size),
  );
}

/** L(y) of the 2B rows of a batch. */
async function valuesOf(
  model: Transformer,
  adapter: Adapter | null,
  examples: readonly Example[],
  padTokenId: number,
): Promise<Float32Array> {
  const tensor = tf.tidy(() => {
    const tokens = pairTokens(examples, { padTokenId, model });
    const count = tokens.ids.length;
    const adapters = adapter ? [{ adapter: bindAdapter(adapter, tf.ones([count, 1])), start: 0, count }] : [];
    return sequenceLogProbs(model, tokens, { adapters });
  });
  const values = await tensor.data<"float32">();
  tensor.dispose();
  return values;
}

async function notFinite(batch: readonly Example[], values: Float32Array, policy: string): Promise<UniArmError> {
  const bad = batch.filter((_, row) => !isAllFinite([values[row]!, values[row + batch.length]!]));
  const rows = await describeExamples(bad);
  const whose =
    policy === "base" ? "the base model" : `the policy of ${policy.slice(policyOf("").length)} in marginFrom`;
  return new UniArmError(
    "reference-not-finite",
    `Under ${whose}, the log-probabilities of pairs are not finite: ${rows}. Nothing can be compared with them: mend or remove these pairs, or take other weights.`,
  );
}
