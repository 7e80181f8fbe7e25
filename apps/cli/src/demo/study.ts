import { join } from "node:path";
import { preferenceGrid, type PreferenceVector } from "@uniarm/core/schema";
import { planLaunch, type Plan } from "@uniarm/pipeline/schema";
import { tinyWorldRecipe } from "@uniarm/tiny-world";
import { settledDemo, type DemoConfig } from "./config.ts";

/** Steps between the preference vectors of the demo: 11 vectors for two objectives, 21 for three. */
const GRID_DIVISIONS = { 2: 10, 3: 5 } as const;

/** The study that the demo is: one method at one seed on tiny-world, beside the base model alone. */
export function demoPlan(config: DemoConfig, model: string): Plan {
  const { method, objectives, pairs, testPrompts, shuffled, baseWeights, seed, ...training } = settledDemo(config);
  const { recipe, steps, strength, roundSteps, roundPrompts, roundSamples } = training;
  const rounds = training.rounds > 0 ? { rounds: training.rounds, roundSteps, roundPrompts, roundSamples } : undefined;
  return planLaunch("study", {
    model,
    ...(baseWeights ? { baseWeights } : {}),
    task: { type: "tiny-world", objectives, pairs, testPrompts },
    methods: [
      {
        name: method,
        training: { ...tinyWorldRecipe(method, { recipe, steps, rounds }), preferenceShuffled: shuffled },
        strength,
      },
    ],
    seeds: [seed],
    divisions: GRID_DIVISIONS[objectives],
    seed,
  });
}

export const demoPreferences = ({ objectives }: DemoConfig): PreferenceVector[] =>
  preferenceGrid(objectives, GRID_DIVISIONS[objectives]);

/** What a stage of the demo is called while it runs, and where its files lie; the others lie in a folder of their stage. */
const STAGES: Record<string, { label: string; files?: Record<string, string> }> = {
  pairs: { label: "sample pairs", files: { "pairs.jsonl": "pairs.jsonl" } },
  "base/decode": { label: "answer as base", files: { "generations.jsonl": "base-generations.jsonl" } },
  "METHOD/train": { label: "train", files: { "": "training" } },
  "METHOD/decode": { label: "answer, steered", files: { "generations.jsonl": "generations.jsonl" } },
  "METHOD/score": { label: "score", files: { "scores.jsonl": "scores.jsonl" } },
};

const stageOf = (method: string, node: string): (typeof STAGES)[string] | undefined =>
  STAGES[node.startsWith(`${method}/`) ? `METHOD${node.slice(method.length)}` : node];

export const demoLabel = (method: string, node: string): string => stageOf(method, node)?.label ?? node;

/** The layout of the demo's folder. */
export const demoLayout =
  (method: string) =>
  (node: string, file: string): string =>
    stageOf(method, node)?.files?.[file] ?? join("stages", node, file);

/** The evaluations' files, below the demo's folder. */
export const demoReport = (name: string): string => join("stages", name, "evaluate", "report.json");
