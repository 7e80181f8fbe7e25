import {
  EndpointJudge,
  EvaluationConfig,
  LocalJudge,
  ProgramFields,
  Prompt,
  RewardModelConfig,
  SAYS_WHAT_RUNS,
  saysWhatRuns,
  scoredNames,
  SCORES_EACH_ONCE,
  scoresEachOnce,
  Seed,
} from "@uniarm/core/schema";
import { TINY_WORLD_RESPONSE_TOKENS, tinyWorldObjectives } from "@uniarm/tiny-world/schema";
import { z } from "zod";
import { referenceTo } from "./reference.ts";

export const TinyWorldObjectives = z
  .union([z.literal(2), z.literal(3)])
  .default(2)
  .describe("tiny-world's first 2 or all 3 objectives");
export const MaxNewTokens = z
  .int()
  .positive()
  .default(TINY_WORLD_RESPONSE_TOKENS)
  .describe("a response ends there at the latest");
export const BaseModel = referenceTo("folder of the frozen base model", {
  to: "folder",
  from: ["tiny-world", "dataset"],
});
export const ScoringModel = RewardModelConfig.extend({
  model: referenceTo("folder of the reward model, Hugging Face layout", { to: "folder", from: ["input", "dataset"] }),
});
export const ScoringProgram = ProgramFields.extend({
  module: referenceTo("ES module that exports score(batch), in place of a command", {
    to: "file",
    from: ["dataset"],
  }).optional(),
  folder: referenceTo("folder that the program runs in", { to: "folder", from: ["dataset"] }).default("."),
}).refine(saysWhatRuns, SAYS_WHAT_RUNS);

/** What gives the rewards. */
export const ScorerChoice = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("tiny-world"), objectives: TinyWorldObjectives }),
    z.strictObject({
      type: z.literal("reward-models"),
      rewardModels: z.array(ScoringModel).min(1).describe("one for each objective"),
    }),
    z
      .strictObject({
        type: z.literal("program"),
        programs: z.array(ScoringProgram).min(1).describe("programs or modules of your own that score"),
        rewardModels: z.array(ScoringModel).optional().describe("of the objectives that no program scores"),
      })
      .refine(scoresEachOnce, SCORES_EACH_ONCE),
  ])
  .describe("what gives the rewards");
export type ScorerChoice = z.infer<typeof ScorerChoice>;

/** Names of the objectives that a scorer gives rewards for. */
export const scoredObjectives = (scorer: ScorerChoice): string[] =>
  scorer.type === "tiny-world" ? tinyWorldObjectives(scorer.objectives).map(({ name }) => name) : scoredNames(scorer);

/** Who says which of two answers does better. */
export const JudgeChoice = z
  .discriminatedUnion("type", [
    EndpointJudge,
    LocalJudge.extend({
      model: referenceTo("folder of the model", { to: "folder", from: ["tiny-world", "dataset"] }),
    }),
  ])
  .describe("who judges: an endpoint or a model folder");

/** How fronts are measured. */
export const ProtocolChoice = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("tiny-world"),
      objectives: TinyWorldObjectives,
      seed: Seed,
    }),
    z.strictObject({
      type: z.literal("own"),
      config: EvaluationConfig.describe("objectives, normaliser and reference point of one's own"),
    }),
  ])
  .describe("how fronts are measured: fronts of equal protocols compare");
export type ProtocolChoice = z.infer<typeof ProtocolChoice>;

/** Names of the objectives that a protocol measures, in their order. */
export const measuredObjectives = (protocol: ProtocolChoice): string[] =>
  (protocol.type === "tiny-world" ? tinyWorldObjectives(protocol.objectives) : protocol.config.objectives).map(
    ({ name }) => name,
  );

/** Prompts: the prompts themselves, or where they lie. */
export const PromptsOrReference = z
  .union([
    referenceTo("JSONL of {id, text} or {id, messages}", {
      to: "file",
      from: ["input", "dataset", "tiny-world-prompts"],
    }),
    z.array(Prompt).min(1),
  ])
  .describe("the prompts themselves, or where they lie");
