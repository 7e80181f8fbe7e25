import {
  DecodingConfig,
  Generation,
  type Finish,
  Prompt,
  ScorersConfig,
  SCORES_EACH_ONCE,
  scoresEachOnce,
  type PreferencePair,
} from "@uniarm/core/schema";
import { pairsFromResponses, type Responses } from "@uniarm/data";
import { decode } from "@uniarm/decoder";
import { openScorers } from "@uniarm/eval";
import { z } from "zod";
import { readJsonLines } from "@uniarm/core";
import { consume } from "../consume.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommandContext } from "../command-context.ts";
import type { Progress } from "../progress.ts";

/** Everything `data pairs` needs. */
export const PairsConfig = z
  .strictObject({
    model: DecodingConfig.shape.model,
    baseWeights: DecodingConfig.shape.baseWeights,
    promptFormat: DecodingConfig.shape.promptFormat,
    templateVars: DecodingConfig.shape.templateVars,
    prompts: z
      .union([z.string().min(1), z.array(Prompt).min(1)])
      .describe("the prompts, or a JSONL file of {id, text} or {id, messages}"),
    ...ScorersConfig.shape,
    output: z.string().min(1).describe("JSONL file of pairs to write; answers and scores are kept beside it"),
    samplesPerPrompt: z.int().min(2).default(4).describe("answers to each prompt; neighbours are paired"),
    temperature: z.number().positive().default(1),
    topP: z.number().gt(0).max(1).default(1),
    maxNewTokens: DecodingConfig.shape.maxNewTokens,
    batchRows: DecodingConfig.shape.batchRows,
    ties: z
      .enum(["tie", "second"])
      .default("tie")
      .describe("who wins equal scores: nobody, or response 1 as in PARM's data"),
    seed: DecodingConfig.shape.seed,
  })
  .refine(scoresEachOnce, SCORES_EACH_ONCE);
export type PairsConfig = z.infer<typeof PairsConfig>;

/** What became of the answers. */
export interface AnswerCounts {
  prompts: number;
  /** answers that maxNewTokens cut off */
  cutAnswers: number;
  /** answers without text: no pair has one */
  emptyAnswers: number;
  /** answers that another one to their prompt equals: each text counts once */
  equalAnswers: number;
}

/** Answers prompts with the unguided model, scores the answers and pairs them. Null when it was interrupted: answers and scores are kept. */
export async function pairsFromModel(
  config: PairsConfig,
  progress: Progress,
  { signal, setExitCode }: CommandContext,
  write: (pair: PreferencePair) => Promise<void>,
): Promise<AnswerCounts | null> {
  const { temperature, topP, rewardModels, programs, ties, output, ...shared } = config;
  const generations = `${output}.generations.jsonl`;
  const decoding = DecodingConfig.parse({ ...shared, output: generations, sampling: { temperature, topP } });
  const last = await consume(decode(decoding, { signal }), { progress, json: false, label: "answer" });
  if (last?.type === "stopped") {
    setExitCode(EXIT.interrupted);
    return null;
  }
  const { answers, counts } = await answersOf(generations);
  const scorer = await openScorers({ rewardModels, programs }, { cache: `${output}.cache`, signal });
  try {
    let done = 0;
    const responses = (async function* () {
      for (const one of answers.values()) {
        yield await Promise.resolve(one);
        progress.update("score", ++done, answers.size, "prompts");
      }
    })();
    const { score, objectives } = scorer;
    for await (const pair of pairsFromResponses(responses, { scorer: score, objectives, ties })) await write(pair);
    return counts;
  } finally {
    await scorer.dispose();
  }
}

async function answersOf(path: string): Promise<{ answers: Map<string, Answers>; counts: AnswerCounts }> {
  const answers = new Map<string, Answers>();
  const generations = await readJsonLines(path, Generation);
  for (const { promptId, prompt, messages, text, finish } of generations) {
    const found = answers.get(promptId) ?? { prompt, ...(messages ? { messages } : {}), responses: [], finishes: [] };
    answers.set(promptId, found);
    found.responses.push(text);
    found.finishes.push(finish);
  }
  const emptyAnswers = generations.filter(({ text }) => text === "").length;
  const distinct = [...answers.values()].map(({ responses }) => new Set(responses.filter((text) => text !== "")).size);
  return {
    answers,
    counts: {
      prompts: answers.size,
      cutAnswers: generations.filter(({ finish }) => finish === "length").length,
      emptyAnswers,
      equalAnswers: generations.length - emptyAnswers - distinct.reduce((sum, size) => sum + size, 0),
    },
  };
}

/** What is odd about the answers, a sentence each. */
export function notesOn({ cutAnswers, emptyAnswers, equalAnswers }: AnswerCounts): string[] {
  return [
    cutAnswers > 0
      ? `${cutAnswers} answers were cut off by --max-new-tokens: training teaches them without an end, or leaves them out with cutResponses`
      : "",
    emptyAnswers > 0 ? `${emptyAnswers} answers were empty and left out` : "",
    equalAnswers > 0 ? `${equalAnswers} answers equal another one to their prompt and were left out` : "",
  ].filter((note) => note !== "");
}

type Answers = Responses & { responses: string[]; finishes: Finish[] };
