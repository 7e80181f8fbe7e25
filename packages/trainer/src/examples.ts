import {
  canFork,
  forkedBatch,
  signsOf,
  tokenBatch,
  type TokenBatch,
  type Tokenizer,
  type Transformer,
} from "@uniarm/core";
import {
  isCut,
  isScorer,
  lossOf,
  UniArmError,
  type ObjectiveList,
  type PreferencePair,
  type TrainingConfig,
} from "@uniarm/core/schema";
import { encodeAnswers, encodeDialogues } from "./encode-pair.ts";
import { odditiesOf, type Oddities } from "./oddities.ts";

/** A tokenized pair. */
export interface Example {
  /** the file that it is from; unknown where pairs come from none */
  path?: string;
  /** which pair of its file, from 0 */
  row: number;
  /** what both of its rows begin with: of a scorer's dialogues as far as they are equal */
  prompt: number[];
  /** the rest of each; of answers to learn with the end-of-sequence id, unless one was cut off */
  responses: [number[], number[]];
  /** [K]: +1 response 0 wins, -1 response 1 wins, 0 no gradient */
  signs: number[];
  /** [K] of each response, larger is better; null without scores */
  scores: [number[], number[]] | null;
  /** tokens of the longer of its two rows */
  length: number;
  /** what policies that do not change make of its responses, where one that does is compared with them */
  frozen?: FrozenLogProbs;
}

/** L(y) of both responses of a pair under policies that are not trained, nats. */
export interface FrozenLogProbs {
  base: [number, number];
  /** MODPO: R_j(y0) - R_j(y1) of each objective's own policy [K]; null without those */
  rewardDifferences: number[] | null;
}

export interface Examples {
  examples: Example[];
  /** how many pairs are longer than `maxTokens` */
  leftOut: number;
  /** what is odd about the responses of its pairs */
  oddities: Oddities;
}

export function encodePairs(
  pairs: readonly PreferencePair[],
  tokenizer: Tokenizer,
  {
    objectives,
    ties,
    maxTokens,
    missingLabels = "refuse",
    cutResponses = "keep",
    encode = encodeAnswers,
    path,
  }: {
    objectives: ObjectiveList;
    ties: TrainingConfig["ties"];
    maxTokens: number;
    missingLabels?: TrainingConfig["missingLabels"];
    cutResponses?: TrainingConfig["cutResponses"];
    /** the rows of a pair; default: prompts with answers to learn */
    encode?: typeof encodeAnswers;
    path?: string;
  },
): Examples {
  const oddities = odditiesOf(pairs);
  const all = pairs.map((pair, row): Example => {
    const { prompt, responses } = encode(tokenizer, pair);
    const length = prompt.length + Math.max(responses[0].length, responses[1].length);
    const signs = signsOf(pair, objectives, ties, missingLabels);
    const from = path === undefined ? {} : { path };
    return { ...from, row, prompt, responses, signs, scores: scoresOf(pair, objectives), length };
  });
  const usable = all.filter(
    // a response that was cut off before its first character has no token to learn
    ({ row, responses }) => responses.every(({ length }) => length > 0) && !leavesOut(pairs[row]!, cutResponses),
  );
  const examples = usable.filter(({ length }) => length <= maxTokens);
  return {
    examples,
    leftOut: usable.length - examples.length,
    oddities: { ...oddities, cutLeftOut: all.length - usable.length },
  };
}

/** Whether a pair has a response that was cut off, and such ones are not wanted. */
const leavesOut = (pair: PreferencePair, cutResponses: TrainingConfig["cutResponses"]): boolean =>
  cutResponses === "leave-out" && (isCut(pair, 0) || isCut(pair, 1));

/**
 * `encodePairs` with the settings of a run, for training and validation.
 * @throws UniArmError pairs-empty when every pair is too long; scores-missing when the loss needs scores that a pair lacks
 */
export function examplesOf(
  pairs: readonly PreferencePair[],
  {
    tokenizer,
    model,
    config,
    path,
  }: { tokenizer: Tokenizer; model: Transformer; config: TrainingConfig; path: string },
): Examples {
  const maxTokens = maxTokensOf(config, model);
  const encode = isScorer(config.method) ? encodeDialogues : encodeAnswers;
  const { examples, leftOut, oddities } = encodePairs(pairs, tokenizer, { ...config, maxTokens, encode, path });
  if (examples.length === 0 && leftOut === 0) {
    throw new UniArmError(
      "pairs-empty",
      `All ${pairs.length} pairs of ${path} have a response that was cut off, so none is left. Set cutResponses to keep, or give pairs of whole responses.`,
    );
  }
  if (examples.length === 0) {
    throw new UniArmError(
      "pairs-empty",
      `All ${leftOut} pairs of ${path} are longer than ${maxTokens} tokens. Raise maxLengthTokens (the model's context is ${model.config.contextTokens}) or give shorter pairs.`,
    );
  }
  const lacks = examples.some(({ scores }) => scores === null);
  const { loss } = lossOf(config);
  if (lacks && loss !== "winners") {
    throw new UniArmError(
      "scores-missing",
      `Loss ${loss} learns from scores, but ${path} has pairs without a score for each objective. Add scores (uniarm data relabel), or take the recipe paper.`,
    );
  }
  if (lacks && config.globalLoss === "G2") {
    throw new UniArmError(
      "scores-missing",
      `Global loss G2 weighs score differences, but ${path} has pairs without a score for each objective. Add scores, or set globalLoss to G1.`,
    );
  }
  return { examples, leftOut, oddities };
}

/** The most tokens that a prompt and a response may have together. */
export const maxTokensOf = (config: TrainingConfig, model: Transformer): number =>
  Math.min(config.maxLengthTokens, model.config.contextTokens);

type Pair = Pick<Example, "prompt" | "responses">;

/** Fewer columns by a tenth are worth longer rows, in which more is masked. */
const WORTH_FORKING = 0.9;

/**
 * B pairs -> 2B responses, all first ones and then all second ones. Where it saves columns, both responses of a pair are in one
 * row: the prompt is computed once. A rule of the batch and the model alone, so that results do not depend on a machine.
 */
export function pairTokens(
  examples: readonly Pair[],
  { padTokenId, model }: { padTokenId: number; model: Pick<Transformer, "config"> },
): TokenBatch {
  const rows = pairRows(examples, padTokenId);
  const columns = rows.ids[0]!.length;
  if (!canFork(model.config, columns)) return rows;
  const forked = forkedBatch(examples, padTokenId);
  return forked.ids[0]!.length < WORTH_FORKING * 2 * columns ? forked : rows;
}

/** B pairs -> 2B rows: all first responses, then all second ones. */
export function pairRows(examples: readonly Pair[], padTokenId: number): TokenBatch {
  const rows = ([0, 1] as const).flatMap((side) =>
    examples.map(({ prompt, responses }) => ({ prompt, response: responses[side] })),
  );
  return tokenBatch(rows, padTokenId);
}

/** Score of response 0 minus score of response 1 [K]; null without scores. */
export const marginsOf = ({ scores }: Example): number[] | null =>
  scores?.[0].map((score, column) => score - scores[1][column]!) ?? null;

function scoresOf(pair: PreferencePair, objectives: ObjectiveList): Example["scores"] {
  const scores: [number[], number[]] = [[], []];
  for (const { name } of objectives) {
    const both = pair.scores?.[name];
    if (!both) return null;
    scores[0].push(both[0]);
    scores[1].push(both[1]);
  }
  return scores;
}
