import { methodOf, preferenceGrid, type Prompt } from "@uniarm/core/schema";
import type { StagesByKind } from "../run-nodes.ts";
import { defaultDivisions } from "../schema/exploration.ts";
import type { JobNode } from "../schema/graph.ts";
import type { TrainingRun } from "../schema/jobs.ts";
import { decodeStage } from "../stages/decode.ts";
import { evaluateStage } from "../stages/evaluate.ts";
import { scoreStage } from "../stages/score.ts";

/** The stages of a round; the table of all has the one that goes through rounds. */
export const ROUND_STAGES = {
  decode: () => Promise.resolve(decodeStage),
  score: () => Promise.resolve(scoreStage),
  evaluate: () => Promise.resolve(evaluateStage),
} satisfies StagesByKind;

export interface RoundRun extends TrainingRun {
  exploration: NonNullable<TrainingRun["exploration"]>;
}

/** Answers of a round's ARM to training prompts over the grid of preferences, and their scores. */
export function answersGraph(run: RoundRun, checkpoint: string, prompts: readonly Prompt[], seed: number): JobNode[] {
  const { exploration: its, objectives } = run;
  return decodedAndScored(run, "answers", {
    ...decodingOf(run, checkpoint),
    prompts,
    preferences: preferenceGrid(objectives.length, its.roundDivisions ?? defaultDivisions(objectives.length)),
    ...strengthOf(run, its.roundStrength),
    sampling: { temperature: its.roundTemperature },
    samplesPerPrompt: its.roundSamples,
    seed,
  });
}

/** The front of an ARM on held-out prompts, decoded greedily. */
export function frontGraph(run: RoundRun, checkpoint: string, prompts: readonly Prompt[], name: string): JobNode[] {
  const { exploration: its, objectives, method } = run;
  const divisions = its.validationDivisions ?? its.roundDivisions ?? defaultDivisions(objectives.length);
  return [
    ...decodedAndScored(run, "front", {
      ...decodingOf(run, checkpoint),
      prompts,
      preferences: preferenceGrid(objectives.length, divisions),
      ...strengthOf(run, its.validationStrength),
      seed: run.seed,
    }),
    {
      name: "front/evaluate",
      kind: "evaluate",
      config: { name, method, scores: "input:scores", generations: ["input:generations"], protocol: its.protocol },
      inputs: {
        scores: [{ node: "front/score", output: "scores" }],
        generations: [{ node: "front/decode", output: "generations" }],
      },
    },
  ];
}

/** What is tuned itself has no strength. */
const strengthOf = ({ method }: RoundRun, strength: number): object =>
  methodOf(method).trains === "arm" ? { strength } : {};

const decodingOf = (
  { model, baseWeights, promptFormat, templateVars, exploration }: RoundRun,
  checkpoint: string,
): object => ({
  model,
  ...(baseWeights ? { baseWeights } : {}),
  promptFormat,
  templateVars,
  checkpoint,
  maxNewTokens: exploration.maxNewTokens,
});

const decodedAndScored = ({ exploration: { scorer } }: RoundRun, name: string, decoding: object): JobNode[] => [
  { name: `${name}/decode`, kind: "decode", config: { decoding }, inputs: {} },
  {
    name: `${name}/score`,
    kind: "score",
    config: { generations: ["input:generations"], scorer },
    inputs: { generations: [{ node: `${name}/decode`, output: "generations" }] },
  },
];
