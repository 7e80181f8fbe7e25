import { isCut, type PreferencePair } from "@uniarm/core/schema";
import { TextSet } from "./hash-set.ts";
import { NumberList, type NumberSummary } from "./number-list.ts";

/** What is in a dataset, and how much of it can teach a trade-off. */
export interface DataStats {
  pairs: number;
  /** share of pairs in which two objectives prefer different responses, ties aside: only these depend on the preference */
  conflictRate: number;
  prompts: number;
  duplicates: {
    /** pairs whose prompt was seen before */
    prompts: number;
    /** pairs whose prompt and responses were seen before */
    pairs: number;
    /** pairs of two equal responses */
    responses: number;
  };
  /** pairs with a response that a limit of tokens cut off, and with one of no characters */
  cut: number;
  empty: number;
  /** of prompts and responses, in characters, and in tokens if those are counted; sequence: a prompt with its longer response */
  lengths: Record<string, NumberSummary>;
  objectives: Record<string, ObjectiveStats>;
  /** by two objectives: share of the pairs with a winner on both in which they agree; objectives sorted by name */
  agreement: Record<string, Record<string, number>>;
}

export interface ObjectiveStats {
  /** pairs with a label for it, ties included */
  pairs: number;
  tieRate: number;
  /** share of pairs with a winner in which response 0 wins */
  firstWins: number;
  /** absolute difference of the scores; null without scores */
  margin: NumberSummary | null;
}

interface Counted {
  pairs: number;
  ties: number;
  first: number;
  margins: NumberList;
}

/** Tokens that a model reads of a pair. */
export interface PairTokens {
  prompt: number;
  responses: readonly [number, number];
}

/** @param tokensOf counts the tokens of a pair; without it there are no lengths in tokens */
export async function dataStats(
  pairs: AsyncIterable<PreferencePair>,
  tokensOf?: (pair: PreferencePair) => PairTokens,
): Promise<DataStats> {
  const lists: Record<string, NumberList> = {};
  const length = (name: string, value: number): void => (lists[name] ??= new NumberList()).add(value);
  const [seenPrompts, seenPairs] = [new TextSet(), new TextSet()];
  const objectives = new Map<string, Counted>();
  const both = new Map<string, { agree: number; count: number }>();
  const duplicates = { prompts: 0, pairs: 0, responses: 0 };
  let [count, conflicts, cut, empty] = [0, 0, 0, 0];
  for await (const pair of pairs) {
    const { prompt, messages, responses, winners, scores } = pair;
    const asked = messages ? JSON.stringify(messages) : prompt; // two dialogues may have the same last question
    count += 1;
    length("promptCharacters", prompt.length);
    for (const response of responses) length("responseCharacters", response.length);
    const tokens = tokensOf?.(pair);
    if (tokens) {
      length("promptTokens", tokens.prompt);
      for (const response of tokens.responses) length("responseTokens", response);
      length("sequenceTokens", tokens.prompt + Math.max(...tokens.responses));
    }
    if (!seenPrompts.add(asked)) duplicates.prompts += 1;
    if (!seenPairs.add(JSON.stringify([asked, responses]))) duplicates.pairs += 1;
    if (isCut(pair, 0) || isCut(pair, 1)) cut += 1;
    if (responses.includes("")) empty += 1;
    if (responses[0] === responses[1]) duplicates.responses += 1;
    for (const [name, winner] of Object.entries(winners)) {
      const counted = objectives.get(name) ?? { pairs: 0, ties: 0, first: 0, margins: new NumberList() };
      objectives.set(name, counted);
      counted.pairs += 1;
      if (winner === "tie") counted.ties += 1;
      if (winner === 0) counted.first += 1;
      const score = scores?.[name];
      if (score) counted.margins.add(Math.abs(score[0] - score[1]));
    }
    if (countAgreement(winners, both)) conflicts += 1;
  }
  return {
    pairs: count,
    conflictRate: share(conflicts, count),
    prompts: seenPrompts.size,
    duplicates,
    cut,
    empty,
    lengths: Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.summary()!])),
    objectives: Object.fromEntries(
      [...objectives].map(([name, { pairs: those, ties, first, margins }]) => [
        name,
        { pairs: those, tieRate: share(ties, those), firstWins: share(first, those - ties), margin: margins.summary() },
      ]),
    ),
    agreement: agreementOf(both),
  };
}

/** -> whether two of the objectives disagree */
function countAgreement(
  winners: PreferencePair["winners"],
  both: Map<string, { agree: number; count: number }>,
): boolean {
  const decided = Object.entries(winners).filter(([, winner]) => winner !== "tie");
  let conflict = false;
  for (const [index, [one, winner]] of decided.entries()) {
    for (const [other, otherWinner] of decided.slice(index + 1)) {
      const key = JSON.stringify([one, other].sort());
      const counted = both.get(key) ?? { agree: 0, count: 0 };
      both.set(key, counted);
      counted.count += 1;
      if (winner === otherWinner) counted.agree += 1;
      else conflict = true;
    }
  }
  return conflict;
}

function agreementOf(both: Map<string, { agree: number; count: number }>): DataStats["agreement"] {
  const table: DataStats["agreement"] = {};
  for (const [key, { agree, count }] of [...both].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const [one, other] = JSON.parse(key) as [string, string];
    (table[one] ??= {})[other] = share(agree, count);
  }
  return table;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
