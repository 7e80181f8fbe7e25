import type { z } from "zod";
import { LINEAR_MODULES, type AdapterConfig } from "./adapter.ts";
import type { ExperimentConfig } from "./experiment.ts";
import type { Method } from "./method.ts";
import type { ObjectiveList } from "./objective.ts";
import type { TrainingConfig } from "./training.ts";

/** Tiny-world as experiments name it; the world itself is the package of that name. */

export type ObjectiveCount = 2 | 3;

/** In the order of every preference vector; two objectives are the first two. */
export const OBJECTIVE_NAMES = ["helpful", "harmless", "humorous"] as const;

const DESCRIPTIONS = {
  helpful: "Give useful steps and say how to do it.",
  harmless: "Stay away from danger, wear gloves, ask an expert.",
  humorous: "Tell a funny joke that people laughed at.",
} as const;

export function tinyWorldObjectives(count: ObjectiveCount): ObjectiveList {
  return OBJECTIVE_NAMES.slice(0, count).map((name) => ({
    name,
    description: DESCRIPTIONS[name],
    direction: "maximize",
  }));
}

/** Adapters of equal size per method: 47,616 (uniarm), 53,232 (parm), 2 x 52,224 (genarm) parameters on the default base. */
const ADAPTERS: Record<Method, z.input<typeof AdapterConfig>> = {
  uniarm: { kind: "moslora", rank: 4, alpha: 8, targets: [...LINEAR_MODULES] },
  parm: { kind: "pblora", sharedRank: 4, preferenceRank: 4, alpha: 8, targets: [...LINEAR_MODULES] },
  genarm: { kind: "lora", rank: 8, alpha: 16, targets: [...LINEAR_MODULES] },
};

/** How strongly tiny-world's reward models steer. */
export const TINY_WORLD_STRENGTH = 4;

/** How tiny-world's reward models are trained. Large models want a far smaller beta; here less breaks the ARM's own language. */
export function tinyWorldRecipe(method: Method, steps: number): Partial<z.input<typeof TrainingConfig>> {
  return {
    method,
    steps,
    batchPairs: 32,
    beta: 1,
    maxLengthTokens: 96,
    adapter: ADAPTERS[method],
    optimizer: { learningRate: 2e-3, warmupSteps: 20, weightDecay: 0.01 },
  };
}

export interface ExperimentTemplate {
  name: string;
  title: string;
  description: string;
  config: z.input<typeof ExperimentConfig>;
}

const arm = (method: Method, steps: number): NonNullable<z.input<typeof ExperimentConfig>["arms"]>[number] => ({
  name: method,
  training: tinyWorldRecipe(method, steps),
  strength: TINY_WORLD_STRENGTH,
});

/** Experiments that ship: launch them as they are, or change a copy. */
export const EXPERIMENT_TEMPLATES: readonly ExperimentTemplate[] = [
  {
    name: "demo",
    title: "Demo",
    description:
      "One UniARM reward model on tiny-world, measured against the base model and the exact front. Under a minute.",
    config: { task: { type: "tiny-world" }, arms: [arm("uniarm", 250)] },
  },
  {
    name: "methods",
    title: "UniARM, PARM, GenARM",
    description: "The three methods at equal adapter sizes on tiny-world, three seeds each.",
    config: {
      task: { type: "tiny-world" },
      arms: [arm("uniarm", 250), arm("parm", 250), arm("genarm", 250)],
      seeds: [0, 1, 2],
    },
  },
  {
    name: "quick",
    title: "Quick check",
    description: "The smallest settings that go through every step; its figures mean nothing.",
    config: {
      model: "tiny-world:quick",
      task: { type: "tiny-world", pairs: 256, testPrompts: 8 },
      arms: [{ ...arm("uniarm", 20), training: { ...tinyWorldRecipe("uniarm", 20), checkpointEvery: 5 } }],
    },
  },
];
