import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { JudgedObjective, JudgingSettings, type RunEvent } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  formatJudgeReport,
  judgePairs,
  judgeReport,
  matchAnswers,
  openAnswerCache,
  scorerPreferences,
  type AnswerPair,
  type AskOptions,
  type Judge,
  type Judged,
  type JudgeAnswer,
  type Rejection,
} from "../../../src/index.ts";
import { answerOf, shownIn } from "../../support/answers.ts";
import { expectRefusal } from "../../support/refusal.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let caches = 0;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(async () => folder.remove());

const objectives = [JudgedObjective.parse({ name: "helpful", description: "Be large." })];
const settings = JudgingSettings.parse({ judge: { type: "endpoint", url: "http://h/v1", model: "m" }, objectives });

/** Pairs of the method's and the opponent's texts. */
const pairsOf = (...texts: [string, string][]): AnswerPair[] =>
  matchAnswers(
    texts.map(([text], index) => answerOf(`p${index}`, text)),
    texts.map(([, text], index) => answerOf(`p${index}`, text, { preference: null })),
  );

const said = (text: string): JudgeAnswer => ({ text, promptTokens: 1000, completionTokens: 100, model: "m-1" });
const better = (choice: string): JudgeAnswer => said(`{"better": "${choice}"}`);

/** Prefers the answer that is the larger number; words bring out its weaknesses. */
function largerNumber(question: string): JudgeAnswer | Rejection {
  const { first, second } = shownIn(question);
  const both = [first, second];
  if (both.includes("garbage")) return said("I like both.");
  if (both.includes("forbidden")) return { rejected: "400: against the rules" };
  if (both.includes("place")) return better("first");
  return better(
    first === second
      ? "tie"
      : Number(first) > Number(second)
        ? "first"
        : Number(first) < Number(second)
          ? "second"
          : "tie",
  );
}

interface Scripted extends Judge {
  asked: string[];
}
function judgeOf(
  answer: (
    question: string,
    options: AskOptions,
    index: number,
  ) => JudgeAnswer | Rejection | Promise<JudgeAnswer | Rejection>,
): Scripted {
  const asked: string[] = [];
  return {
    key: "scripted",
    asked,
    ask: async (question, options) => {
      options.spend();
      return answer(question, options, asked.push(question) - 1);
    },
    dispose: () => Promise.resolve(),
  };
}

interface Run {
  events: RunEvent[];
  judged: Judged | null;
}
interface RunOptions {
  /** file of the cache; default: one of its own */
  path?: string;
  signal?: AbortSignal;
  onEvent?: (event: RunEvent) => void;
  maxRequests?: number;
  concurrency?: number;
}
async function run(pairs: readonly AnswerPair[], judge: Judge, options: RunOptions = {}): Promise<Run> {
  const { path = `cache-${caches++}.jsonl`, signal = new AbortController().signal, onEvent, ...more } = options;
  const cache = await openAnswerCache(join(folder.path, path));
  try {
    const events: RunEvent[] = [];
    const all = judgePairs(pairs, { ...settings, ...more }, { judge, cache, signal });
    for (;;) {
      const next = await all.next();
      if (next.done) return { events, judged: next.value };
      events.push(next.value);
      onEvent?.(next.value);
    }
  } finally {
    await cache.close();
  }
}

const outcomes = ({ judged }: Run): (string | null)[][] =>
  judged!.verdicts.map(({ verdict: { outcome, reason } }) => [outcome, reason]);

test("each pair is asked in both orders; places, garbage and refusals are counted for what they are", async () => {
  const judge = judgeOf(largerNumber);
  const pairs = pairsOf(
    ["2", "1"],
    ["1", "3"],
    ["4", "4.0"],
    ["place", "5"],
    ["garbage", "6"],
    ["forbidden", "7"],
    ["8", "8"],
  );
  const result = await run(pairs, judge);
  expect(outcomes(result)).toEqual([
    ["win", null],
    ["loss", null],
    ["tie", null],
    ["tie", "inconsistent"],
    ["failed", "unreadable"],
    ["failed", "rejected"],
    ["tie", "identical"],
  ]);
  expect(judge.asked).toHaveLength(12); // nobody is asked about equal texts
  const { rates, orders } = judgeReport(result.judged!, settings, judge.key, null);
  expect(rates).toHaveLength(1);
  expect(rates[0]).toMatchObject({ pairs: 7, wins: 1, losses: 1, ties: 3, failed: 2, inconsistent: 1, identical: 1 });
  expect(rates[0]!.winRate!.value).toBe(0.5);
  expect(orders).toEqual({ choices: 8, first: 4, second: 2 }); // win, loss: 1 each; place: 2 first
});

test("a question that several pairs share is asked once", async () => {
  const pairs = matchAnswers(
    [answerOf("p", "2", { preference: [1, 0] }), answerOf("p", "2", { preference: [0, 1] })],
    [answerOf("p", "1", { preference: null })],
  );
  const judge = judgeOf(largerNumber);
  const { judged } = await run(pairs, judge);
  expect(judge.asked).toHaveLength(2);
  expect(judged!.verdicts.map(({ verdict }) => verdict.outcome)).toEqual(["win", "win"]);
  expect(judgeReport(judged!, settings, judge.key, null).usage.answers).toBe(2);
});

test("a second run asks nothing and gives the same verdicts; another judge is asked anew", async () => {
  const pairs = pairsOf(["2", "1"], ["garbage", "3"]);
  const first = await run(pairs, judgeOf(largerNumber), { path: "shared.jsonl" });
  const silent = judgeOf(() => {
    throw new Error("asked");
  });
  const second = await run(pairs, silent, { path: "shared.jsonl", maxRequests: 0 });
  expect(second.judged!.verdicts).toEqual(first.judged!.verdicts);
  const other = { ...judgeOf(largerNumber), key: "another" };
  await run(pairs, other, { path: "shared.jsonl" });
  expect(other.asked).toHaveLength(4);
});

test("a plan with more questions than requests is refused before the first", async () => {
  const judge = judgeOf(largerNumber);
  await expectRefusal(
    () => run(pairsOf(["2", "1"], ["3", "4"]), judge, { maxRequests: 3 }),
    "judge-plan-too-large",
    "4 questions are to be asked, and maxRequests is 3; nothing was asked",
  );
  expect(judge.asked).toHaveLength(0);
});

test("retries count as requests, and what was answered before they ran out is kept", async () => {
  const judge = judgeOf((question, { spend }) => {
    spend(); // a second try
    return largerNumber(question);
  });
  const pairs = pairsOf(["2", "1"], ["3", "4"]);
  await expectRefusal(
    () => run(pairs, judge, { maxRequests: 5, concurrency: 1, path: "spent.jsonl" }),
    "judge-requests-spent",
    "All 5",
  );
  const rest = judgeOf(largerNumber);
  await run(pairs, rest, { path: "spent.jsonl" });
  expect(rest.asked).toHaveLength(2);
});

test("a failure ends the run, and answers that were on their way are kept", async () => {
  const judge = judgeOf(async (question, _, index) => {
    if (index === 1) throw new Error("broken");
    await setTimeout(30);
    return largerNumber(question);
  });
  const pairs = pairsOf(["2", "1"], ["3", "4"], ["5", "6"]);
  await expect(run(pairs, judge, { concurrency: 3, path: "broken.jsonl" })).rejects.toThrow("broken");
  expect(judge.asked).toHaveLength(3);
  const rest = judgeOf(largerNumber);
  await run(pairs, rest, { path: "broken.jsonl" });
  expect(rest.asked).toHaveLength(4);
});

test("no more questions than concurrency says are under way at once", async () => {
  let now = 0;
  let most = 0;
  const judge = judgeOf(async (question) => {
    most = Math.max(most, ++now);
    await setTimeout(2);
    now -= 1;
    return largerNumber(question);
  });
  const pairs = pairsOf(...Array.from({ length: 10 }, (_, index): [string, string] => [`${index}`, `${index + 0.5}`]));
  await run(pairs, judge, { concurrency: 3 });
  expect(most).toBe(3);
});

test("an abort stops after the answers that are on their way, and the next run asks the rest", async () => {
  const stop = new AbortController();
  const pairs = pairsOf(...Array.from({ length: 10 }, (_, index): [string, string] => [`${index}`, `${index + 0.5}`]));
  const onEvent = (event: RunEvent): void => {
    if (event.type === "progress" && event.done === 6) stop.abort();
  };
  const first = judgeOf(largerNumber);
  const { judged, events } = await run(pairs, first, {
    signal: stop.signal,
    onEvent,
    concurrency: 2,
    path: "stopped.jsonl",
  });
  expect(judged).toBeNull();
  expect(events.at(-1)).toMatchObject({ type: "stopped" });
  expect(first.asked.length).toBeLessThan(10);
  const second = judgeOf(largerNumber);
  const result = await run(pairs, second, { path: "stopped.jsonl" });
  expect(second.asked.length).toBe(20 - first.asked.length);
  expect(result.judged!.verdicts.every(({ verdict }) => verdict.outcome === "loss")).toBe(true);
});

test("a judge that takes none of its first questions is set up wrongly; one that took some is asked on", async () => {
  const never = judgeOf(() => ({ rejected: "400: unknown parameter" }));
  const pairs = pairsOf(...Array.from({ length: 10 }, (_, index): [string, string] => [`${index}`, `${index + 0.5}`]));
  await expectRefusal(
    () => run(pairs, never, { concurrency: 1 }),
    "judge-rejected",
    "none of the first 5",
    "unknown parameter",
  );
  expect(never.asked.length).toBeLessThanOrEqual(6); // one may be on its way
  await expectRefusal(
    () => run(pairsOf(["forbidden", "1"]), judgeOf(largerNumber)),
    "judge-rejected",
    "first 2 questions",
  );
  const mostly = judgeOf((question, _, index) => (index === 0 ? largerNumber(question) : { rejected: "no" }));
  const result = await run(pairs, mostly, { concurrency: 1 });
  expect(outcomes(result)).toEqual(Array.from({ length: 10 }, () => ["failed", "rejected"]));
});

test("cost is tokens by price; answers without a count are counted as unknown", async () => {
  const judge = judgeOf((question, _, index) => ({
    ...(largerNumber(question) as JudgeAnswer),
    ...(index === 3 ? { promptTokens: null } : {}),
  }));
  const { judged } = await run(pairsOf(["2", "1"], ["3", "4"]), judge, { concurrency: 1 });
  const price = { promptPerMillion: 2.5, completionPerMillion: 10 };
  const priced = { ...settings, judge: { ...settings.judge, price } as typeof settings.judge };
  const report = judgeReport(judged!, priced, judge.key, null);
  // by hand: 3 counted answers of 1000 and 100 tokens: 3000 * 2.5 / 1e6 + 300 * 10 / 1e6
  expect(report.usage).toEqual({ answers: 4, promptTokens: 3000, completionTokens: 300, unknown: 1, cost: 0.0105 });
  expect(formatJudgeReport(report)).toContain("cost at least 0.0105; answers that came without a count: 1");
  expect(judgeReport(judged!, settings, judge.key, null).usage.cost).toBeNull();
  expect(report.answeredBy).toEqual(["m-1"]);
});

test("agreement sets the judge's winners beside the scorer's, and counts apart where one of them has none", async () => {
  const pairs = pairsOf(["2", "1"], ["1", "3"], ["5", "4"], ["4", "4.0"], ["7", "6"], ["garbage", "0"]);
  const { judged } = await run(pairs, judgeOf(largerNumber));
  const scoresOf = (values: number[], preference: number[] | null) =>
    values.map((helpful, index) => ({ promptId: `p${index}`, preference, sample: 0, rewards: { helpful } }));
  const method = scoresOf([9, 1, 1, 5, 3, 1], [0.5, 0.5]);
  const opponent = scoresOf([1, 2, 2, 1, 3, 2], null);
  const scorer = scorerPreferences(pairs, ["helpful"], { method, opponent });
  const report = judgeReport(judged!, settings, "scripted", scorer);
  // judge: win, loss, win; scorer: win, loss, loss. Chance: 2/3 * 1/3 + 1/3 * 2/3 = 4/9; (2/3 - 4/9) / (5/9) = 0.4
  expect(report.agreement).toEqual([
    {
      objective: "helpful",
      pairs: 3,
      share: 2 / 3,
      kappa: expect.closeTo(0.4, 12) as number,
      judgeTies: 1,
      scorerTies: 1,
      failed: 1,
    },
  ]);
  expect(formatJudgeReport(report)).toContain("Agreement with the scorer on helpful: 0.667 of 3 pairs, kappa 0.400");
  const both = { method, opponent };
  await expectRefusal(
    () => scorerPreferences(pairs, ["helpful"], { ...both, opponent: opponent.slice(1) }),
    "judge-scores-missing",
    'The scores of the opponent have no helpful of prompt "p0"',
  );
  await expectRefusal(
    () => scorerPreferences(pairs, ["humor"], both),
    "judge-scores-objectives",
    "[helpful]",
    "[humor]",
  );
  await expectRefusal(
    () => scorerPreferences(pairs, ["helpful"], { ...both, method: [...method, method[0]!] }),
    "judge-scores-duplicate",
    "twice",
  );
});

test("the hash of a report tells judges, questions and opponents apart, and nothing else", async () => {
  const hashOf = async (pairs: AnswerPair[], key = "scripted", description = "Be large."): Promise<string> => {
    const { judged } = await run(pairs, judgeOf(largerNumber));
    const changed = { ...settings, objectives: [{ ...objectives[0]!, description }] };
    return judgeReport(judged!, changed, key, null).protocolHash;
  };
  const hash = await hashOf(pairsOf(["2", "1"]));
  expect(await hashOf(pairsOf(["3", "1"]))).toBe(hash);
  expect(await hashOf(pairsOf(["2", "5"]))).not.toBe(hash);
  expect(await hashOf(pairsOf(["2", "1"]), "another")).not.toBe(hash);
  expect(await hashOf(pairsOf(["2", "1"]), "scripted", "Be small.")).not.toBe(hash);
});

test("the table shows every count and says what a win rate is of", async () => {
  const { judged } = await run(pairsOf(["2", "1"], ["garbage", "3"]), judgeOf(largerNumber));
  const table = formatJudgeReport(judgeReport(judged!, settings, "scripted", null));
  expect(table.split("\n")[2]).toMatch(/^0\.50, 0\.50 +helpful +0\.750 \[0\.500, 1\.000\] +2 +1 +0 +0 +1 +0$/);
  expect(table).toContain("wins and half of ties and failures, over all pairs, each prompt counting once");
  expect(table).toContain("1 failed: with them decided, a rate could lie up to 0.250 away.");
});
