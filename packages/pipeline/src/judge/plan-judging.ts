import { textOfPrompt, type Prompt } from "@uniarm/core/schema";
import { questionOf } from "@uniarm/eval";
import { judgedObjectives, questionsOfRun } from "../schema/study-judging.ts";
import type { StudyConfig } from "../schema/study.ts";

/** What the judge of a study will be asked, counted before anything is run. All are upper bounds of what is not there yet. */
export interface JudgingPlan {
  /** of all trainings together */
  questions: number;
  /** of one training: what its maxRequests has to allow */
  questionsOfRun: number;
  /** about so many tokens of questions, at CHARACTERS_PER_TOKEN and with every answer as long as it may be */
  promptTokens: number;
  /** the most tokens that the judge answers; null where its parameters do not limit them */
  completionTokens: number | null;
  /** about what that costs at the price that the study gives; null without one, or without a limit of tokens */
  cost: number | null;
}

/** Of English text and the tokenizers of large models. */
export const CHARACTERS_PER_TOKEN = 4;

/** Null for a study without a judge. */
export function planJudging(study: StudyConfig, prompts: readonly Prompt[]): JudgingPlan | null {
  const { judging, methods, seeds, maxNewTokens } = study;
  if (!judging || prompts.length === 0) return null;
  const runs = methods.length * seeds.length;
  const ofRun = questionsOfRun(study, prompts.length);
  const answer = "x".repeat(maxNewTokens * CHARACTERS_PER_TOKEN);
  const lengths = judgedObjectives(study).flatMap((objective) =>
    prompts.map(
      (prompt) => questionOf(objective, { prompt: textOfPrompt(prompt), first: answer, second: answer }).length,
    ),
  );
  const meanTokens = lengths.reduce((sum, length) => sum + length, 0) / lengths.length / CHARACTERS_PER_TOKEN;
  const promptTokens = Math.ceil(meanTokens * ofRun * runs);
  const perAnswer = mostTokensOf(judging.judge);
  const completionTokens = perAnswer === null ? null : perAnswer * ofRun * runs;
  const price = judging.judge.type === "endpoint" ? judging.judge.price : undefined;
  return {
    questions: ofRun * runs,
    questionsOfRun: ofRun,
    promptTokens,
    completionTokens,
    cost:
      price && completionTokens !== null
        ? (promptTokens * price.promptPerMillion + completionTokens * price.completionPerMillion) / 1e6
        : null,
  };
}

function mostTokensOf(judge: NonNullable<StudyConfig["judging"]>["judge"]): number | null {
  if (judge.type === "local") return judge.maxNewTokens;
  const { max_tokens: most, max_completion_tokens: newer } = judge.parameters;
  const limit = newer ?? most;
  return typeof limit === "number" ? limit : null;
}
