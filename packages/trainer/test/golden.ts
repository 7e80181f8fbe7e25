import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createAdapter, createRandom, float32Of, readSafetensors, tf, type Adapter } from "@uniarm/core";
import { AdapterConfig, OptimizerConfig, type ModelConfig } from "@uniarm/core/schema";
import { marginsOf, pairRows, type Example } from "../src/examples.ts";
import type { LossSettings } from "../src/loss-settings.ts";
import type { MicroBatch } from "../src/batch-objective.ts";

/** Training runs of the reference implementation (golden/training/expect.json says what made them, and its formulas). */
export interface Scenario {
  kind: AdapterConfig["kind"];
  adapter: { r?: number; r1?: number; r2?: number; alpha: number };
  objectives: string[];
  beta: number[];
  beta_global: number | null;
  lambda: number;
  global_loss: "G1" | "G2" | null;
  gradient_accumulation: number;
  per_row: boolean;
  data: string;
  initial: string;
  final: string;
  gradients?: string;
  steps: {
    learning_rate: number;
    loss: number;
    grad_norm: number;
    micro_batches: {
      loss: number;
      sequence_logprobs: [number, number][];
      objective_losses: Record<string, number>;
      global_loss?: number;
    }[];
  }[];
}

interface Expectations {
  tolerance: Record<
    | "loss_rel"
    | "sequence_logprobs_abs"
    | "grad_norm_rel"
    | "gradients_rel_to_largest"
    | "learning_rate_abs"
    | "final_tensors_abs",
    number
  >;
  optimiser: {
    learning_rate: number;
    weight_decay: number;
    betas: [number, number];
    eps: number;
    warmup_steps: number;
    max_grad_norm: number;
  };
  scenarios: Record<string, Scenario>;
}

interface Data {
  pad_id: number;
  micro_batches: {
    preference: number[];
    preference_per_row: number[][];
    pairs: { prompt: number[]; responses: [number[], number[]]; scores: [number, number][]; winners: (0 | 1)[] }[];
  }[];
}

export const goldenPath = (path: string): string => fileURLToPath(new URL(`golden/${path}`, import.meta.url));
const read = <T>(path: string): T => JSON.parse(readFileSync(goldenPath(path), "utf8")) as T;

export const golden = read<Expectations>("training/expect.json");

export function goldenOptimizer(): OptimizerConfig {
  const { learning_rate, weight_decay, betas, eps, warmup_steps, max_grad_norm } = golden.optimiser;
  return OptimizerConfig.parse({
    learningRate: learning_rate,
    weightDecay: weight_decay,
    warmupSteps: warmup_steps,
    maxGradNorm: max_grad_norm,
    adamBeta1: betas[0],
    adamBeta2: betas[1],
    adamEpsilon: eps,
  });
}

export function goldenLoss({ beta, beta_global, lambda, global_loss }: Scenario): LossSettings {
  return {
    loss: "winners",
    trainingStrength: null,
    rewardTemperature: 1,
    betas: beta,
    global: global_loss && beta_global !== null ? { kind: global_loss, weight: lambda, beta: beta_global } : null,
  };
}

/** The six micro-batches of a scenario, in the steps they belong to. */
export function goldenSteps(scenario: Scenario): MicroBatch[][] {
  const { pad_id, micro_batches } = read<Data>(`training/${scenario.data}`);
  const all = micro_batches.map(({ preference, preference_per_row, pairs }): MicroBatch => {
    const examples = pairs.map(({ prompt, responses, scores, winners }, row): Example => ({
      row,
      prompt,
      responses,
      length: 0,
      signs: winners.map((winner) => (winner === 0 ? 1 : -1)),
      scores: [scores.map(([first]) => first), scores.map(([, second]) => second)],
    }));
    const rows = scenario.per_row ? preference_per_row : pairs.map(() => preference);
    const [signs, margins] = [examples.map((example) => example.signs), examples.map((example) => marginsOf(example)!)];
    return {
      kind: "pairs",
      tokens: pairRows(examples, pad_id),
      lossPreferences: rows,
      shownPreferences: rows,
      signs,
      margins,
    };
  });
  const size = scenario.gradient_accumulation;
  return Array.from({ length: all.length / size }, (_, step) => all.slice(step * size, (step + 1) * size));
}

export async function goldenAdapter(scenario: Scenario, model: ModelConfig): Promise<Adapter> {
  const { kind, adapter, objectives } = scenario;
  const ranks = kind === "pblora" ? { sharedRank: adapter.r1, preferenceRank: adapter.r2 } : { rank: adapter.r };
  const config = AdapterConfig.parse({ kind, alpha: adapter.alpha, ...ranks });
  const start = { objectiveCount: objectives.length, random: createRandom(0) };
  const made = createAdapter(
    config,
    model,
    kind === "moslora" ? { ...start, objectiveVectors: await embeddings(objectives.length) } : start,
  );
  const initial = await goldenTensors(scenario.initial);
  for (const [name, variable] of Object.entries(made.tensors)) {
    tf.tidy(() => {
      variable.assign(tf.tensor(initial[name]!, variable.shape));
    });
  }
  return made;
}

export async function goldenTensors(path: string): Promise<Record<string, Float32Array>> {
  const { tensors } = await readSafetensors(goldenPath(`training/${path}`));
  return Object.fromEntries([...tensors].map(([name, entry]) => [name, float32Of(entry)]));
}

async function embeddings(count: number): Promise<number[][]> {
  const { tensors } = await readSafetensors(goldenPath("training/objective_embeddings.safetensors"));
  const entry = tensors.get(`k${count}`)!;
  const [values, width] = [float32Of(entry), entry.shape[1]!];
  return Array.from({ length: count }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width)));
}
