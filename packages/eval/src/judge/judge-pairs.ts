import { UniArmError, type JudgingSettings, type RunEvent, type Verdict } from "@uniarm/core/schema";
import type { AnswerCache } from "./answer-cache.ts";
import { askAll } from "./ask-all.ts";
import { isRejection, type Judge, type JudgeAnswer, type Rejection } from "./judge.ts";
import type { AnswerPair } from "./match.ts";
import { outcomeOf } from "./outcome.ts";
import { questionOf } from "./question.ts";
import { readVerdict } from "./read-verdict.ts";

export interface JudgePairsOptions {
  judge: Judge;
  cache: AnswerCache;
  signal: AbortSignal;
}

/** Verdicts, one per pair and objective, each with its pair; and the distinct answers that they rest on. */
export interface Judged {
  verdicts: { verdict: Verdict; pair: AnswerPair }[];
  answers: JudgeAnswer[];
}

type Reply = JudgeAnswer | Rejection;

/** A judge that takes none of so many questions is set up wrongly: no need to send it the rest. */
const REJECTIONS_WITHOUT_ANSWER = 5;

/**
 * Asks the judge about each pair under each objective, in both orders; what the cache holds is not asked again, and pairs of
 * equal texts are ties that nobody is asked about. Yields notices and progress; the last event is `stopped` when the signal
 * was aborted, and the result is then null.
 * @throws UniArmError judge-plan-too-large before the first request; judge-requests-spent, judge-rejected, and the judge's own
 */
export async function* judgePairs(
  pairs: readonly AnswerPair[],
  { objectives, concurrency, maxRequests }: Pick<JudgingSettings, "objectives" | "concurrency" | "maxRequests">,
  { judge, cache, signal }: JudgePairsOptions,
): AsyncGenerator<RunEvent, Judged | null> {
  const cases = objectives.flatMap((objective) =>
    pairs.map((pair) => ({ pair, objective: objective.name, questions: questionsOf(pair, objective) })),
  );
  const questions = [...new Set(cases.flatMap((one) => one.questions))];
  const replies = new Map<string, Reply>();
  for (const question of questions) {
    const known = cache.get(judge.key, question);
    if (known) replies.set(question, known);
  }
  const known = replies.size;
  const unknown = questions.filter((question) => !replies.has(question));
  yield { type: "notice", code: "judge-plan", message: planOf(questions.length, known, pairs, objectives.length) };
  if (unknown.length > maxRequests)
    throw new UniArmError(
      "judge-plan-too-large",
      `${unknown.length} questions are to be asked, and maxRequests is ${maxRequests}; nothing was asked. Raise maxRequests, or judge fewer prompts, preferences or objectives.`,
    );
  let requests = 0;
  const spend = (): void => {
    if (requests >= maxRequests)
      throw new UniArmError(
        "judge-requests-spent",
        `All ${maxRequests} requests (maxRequests) are spent, some of them on retries. What was answered is kept: run the same command again to continue.`,
      );
    requests += 1;
  };
  const ask = async (question: string, stop: AbortSignal): Promise<Reply> => {
    const reply = await judge.ask(question, { signal: stop, spend });
    if (!isRejection(reply)) await cache.add(judge.key, question, reply);
    return reply;
  };
  let rejected = 0;
  for await (const [question, reply] of askAll(unknown, ask, { concurrency, signal })) {
    replies.set(question, reply);
    if (isRejection(reply)) rejected += 1;
    if (
      isRejection(reply) &&
      replies.size === rejected &&
      rejected === Math.min(REJECTIONS_WITHOUT_ANSWER, unknown.length)
    )
      throw new UniArmError(
        "judge-rejected",
        `The judge took none of the first ${rejected} questions; the last time: ${reply.rejected}. Check its settings.`,
      );
    yield { type: "progress", phase: "judge", done: replies.size - known, total: unknown.length, unit: "questions" };
  }
  if (replies.size < questions.length) {
    const message = `Stopped after ${replies.size} of ${questions.length} questions; the same command continues from there.`;
    yield { type: "stopped", step: replies.size, message };
    return null;
  }
  return {
    verdicts: cases.map((one) => ({ pair: one.pair, verdict: verdictOf(one, replies) })),
    answers: [...replies.values()].flatMap((reply) => (isRejection(reply) ? [] : [reply])),
  };
}

interface Case {
  pair: AnswerPair;
  objective: string;
  /** with the method's answer first, then second; none for equal texts */
  questions: string[];
}

function questionsOf({ method, opponent }: AnswerPair, objective: JudgingSettings["objectives"][number]): string[] {
  if (method.text === opponent.text) return [];
  const { prompt } = method;
  return [
    questionOf(objective, { prompt, first: method.text, second: opponent.text }),
    questionOf(objective, { prompt, first: opponent.text, second: method.text }),
  ];
}

function verdictOf(
  { pair: { method, opponent }, objective, questions }: Case,
  replies: ReadonlyMap<string, Reply>,
): Verdict {
  const { promptId, preference, sample } = method;
  const met = { preference: opponent.preference, sample: opponent.sample };
  const about = { promptId, preference, sample, opponent: met, objective };
  if (questions.length === 0)
    return { ...about, outcome: "tie", reason: "identical", choices: [null, null], answers: [null, null] };
  const said = questions.map((question) => replies.get(question)!);
  const answers = said.map((reply) => (isRejection(reply) ? null : reply.text));
  const choices = answers.map((text) => (text === null ? null : readVerdict(text)));
  const result = said.some(isRejection) ? ({ outcome: "failed", reason: "rejected" } as const) : outcomeOf(choices);
  return { ...about, ...result, choices, answers };
}

function planOf(questions: number, known: number, pairs: readonly AnswerPair[], objectives: number): string {
  const identical = pairs.filter(({ method, opponent }) => method.text === opponent.text).length;
  const same = identical > 0 ? ` (${identical} of them of equal texts, which are ties)` : "";
  return `${pairs.length} pairs${same} under ${objectives} objective${objectives === 1 ? "" : "s"} in both orders: ${questions} questions, ${known} answered before, ${questions - known} to ask`;
}
