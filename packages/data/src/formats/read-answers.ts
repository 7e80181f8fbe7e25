import { dialogueText, type Message } from "@uniarm/core/schema";
import { otherTexts, type AnswerColumns } from "./answer-columns.ts";
import { commonBeginning } from "./common-beginning.ts";
import { answersPair, dialoguePair, type DialoguePair } from "./dialogue-pair.ts";
import type { Columns } from "./format.ts";
import { isMessages, messagesOf } from "./messages.ts";
import { answered, isTranscript, promptTurns, transcriptPair } from "./transcript.ts";

/** What a column holds that a prompt or an answer may be. */
export type Kind = "text" | "messages" | "transcript" | "nothing";

/** A prompt and two answers; or why the row gives none, and whether it cannot be read at all. */
export type Answers =
  | { prompt: string; messages?: Message[]; responses: [chosen: string, rejected: string]; reason: null }
  | { reason: string; isRefusal: boolean };

export function kindOf(value: unknown): Kind | null {
  if (value === null || value === undefined || isEmptyList(value)) return "nothing";
  if (typeof value === "string") return isTranscript(value) ? "transcript" : "text";
  return isMessages(value) ? "messages" : null;
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** The prompt and the two answers of a row, by what its columns hold. */
export function readAnswers(row: Columns, columns: AnswerColumns): Answers {
  const beside = besides(row);
  if (beside) return beside;
  const [chosen, rejected] = [row[columns.chosen], row[columns.rejected]];
  const prompt = promptOf(row, columns);
  const system = columns.system === null ? null : (row[columns.system] ?? null);
  if (system !== null && typeof system !== "string") return refused(`${columns.system} is not a text`);
  if (typeof chosen === "string" && typeof rejected === "string")
    return withSystem(system, textAnswers(row, columns, prompt, chosen, rejected));
  if (isMessages(chosen) && isMessages(rejected)) return withSystem(system, messageAnswers(prompt, chosen, rejected));
  return refused(
    `${columns.chosen} and ${columns.rejected} must be two texts or two lists of messages, got ${named(chosen)} and ${named(rejected)}`,
  );
}

/** What stands beside the messages and belongs to the prompt: a model that reads text alone would answer something else. */
function besides(row: Columns): Answers | null {
  for (const key of ["images", "image", "videos", "audio"])
    if (isThere(row[key])) return refused(`it has ${key}, and only text is read`);
  return isThere(row.tools) ? skipped("it has tools, which no prompt here shows") : null;
}

const isThere = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== "" && value !== "[]" && !isEmptyList(value);

/** The prompt's column, or the texts of several, those that are empty left out. */
export function promptOf(row: Columns, { prompt }: AnswerColumns): unknown {
  if (prompt === null) return null;
  if (prompt.length === 1) return isEmptyList(row[prompt[0]!]) ? null : row[prompt[0]!];
  return prompt
    .map((key) => row[key])
    .filter((text) => typeof text === "string" && text !== "")
    .join("\n");
}

function textAnswers(row: Columns, columns: AnswerColumns, prompt: unknown, chosen: string, rejected: string): Answers {
  const whole = isTranscript(chosen) && isTranscript(rejected);
  if (whole || (typeof prompt === "string" && isTranscript(prompt))) {
    const [one, other] = whole
      ? [chosen, rejected]
      : [answered(prompt as string, chosen), answered(prompt as string, rejected)];
    const pair = transcriptPair(one, other);
    return ofPair(pair, pair.prompt);
  }
  if (isMessages(prompt)) {
    const messages = messagesOf(prompt);
    if (messages.reason !== null) return { reason: messages.reason, isRefusal: messages.isRefusal };
    if (messages.messages.at(-1)?.role !== "user") return skipped("the prompt does not end in the user's turn");
    return ofPair(answersPair(messages.messages, [chosen, rejected]));
  }
  if (typeof prompt === "string") {
    if (prompt.trim() === "") return skipped("the prompt is empty");
    return withoutMessages(answersPair([], [chosen, rejected]), prompt);
  }
  if (prompt !== null && prompt !== undefined)
    return refused(`the prompt must be a text or messages, got ${named(prompt)}`);
  const others = otherTexts(row, columns);
  if (others.length > 0)
    return refused(
      `it has no prompt under a known name, and its column ${others.join(" or ")} may be one: ` +
        `name it with --format '{"prompt":${JSON.stringify(others[0])},"chosen":${JSON.stringify(columns.chosen)},"rejected":${JSON.stringify(columns.rejected)}}'`,
    );
  const split = commonBeginning(chosen, rejected);
  if (!split) return skipped("chosen and rejected have no common beginning, and there is no prompt");
  return withoutMessages(answersPair([], split.answers), split.prompt);
}

function messageAnswers(prompt: unknown, chosen: unknown, rejected: unknown): Answers {
  const [one, other] = [messagesOf(chosen), messagesOf(rejected)];
  if (one.reason !== null) return { reason: `chosen: ${one.reason}`, isRefusal: one.isRefusal };
  if (other.reason !== null) return { reason: `rejected: ${other.reason}`, isRefusal: other.isRefusal };
  const areAnswers = one.messages[0]!.role === "assistant" && other.messages[0]!.role === "assistant";
  let before: Message[] = [];
  if (isMessages(prompt)) {
    const asked = messagesOf(prompt);
    if (asked.reason !== null) return { reason: `prompt: ${asked.reason}`, isRefusal: asked.isRefusal };
    const isRepeated = [one.messages, other.messages].every((messages) => beginsWith(messages, asked.messages));
    if (!isRepeated) before = asked.messages;
  } else if (areAnswers && typeof prompt === "string" && prompt.trim() !== "") {
    before = isTranscript(prompt) ? promptTurns(prompt) : [{ role: "user", content: prompt }];
  } else if (prompt !== null && prompt !== undefined && typeof prompt !== "string") {
    return refused(`the prompt must be a text or messages, got ${named(prompt)}`);
  }
  const pair = dialoguePair([...before, ...one.messages], [...before, ...other.messages]);
  return ofPair(pair, typeof prompt === "string" && prompt !== "" ? prompt : undefined);
}

/** The turns of a prompt with a system turn of its own column before them. */
function withSystem(system: string | null, answers: Answers): Answers {
  if (answers.reason !== null || system === null || system.trim() === "") return answers;
  const messages: Message[] = answers.messages ?? [{ role: "user", content: answers.prompt }];
  const [first] = messages;
  if (first?.role === "system") {
    if (first.content === system) return answers;
    return skipped("its system column and the system turn of its dialogue differ");
  }
  return {
    prompt: answers.prompt,
    messages: [{ role: "system", content: system }, ...messages],
    responses: answers.responses,
    reason: null,
  };
}

const ofPair = (pair: DialoguePair, prompt?: string): Answers =>
  pair.reason === null
    ? {
        prompt: prompt ?? dialogueText(pair.messages),
        messages: pair.messages,
        responses: pair.responses,
        reason: null,
      }
    : skipped(pair.reason);

const withoutMessages = (pair: DialoguePair, prompt: string): Answers =>
  pair.reason === null ? { prompt, responses: pair.responses, reason: null } : skipped(pair.reason);

const beginsWith = (messages: readonly Message[], start: readonly Message[]): boolean =>
  start.length < messages.length &&
  start.every(({ role, content }, at) => messages[at]!.role === role && messages[at]!.content === content);

const refused = (reason: string): Answers => ({ reason, isRefusal: true });
const skipped = (reason: string): Answers => ({ reason, isRefusal: false });

function named(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return "a text";
  if (Array.isArray(value)) return isMessages(value) ? "messages" : `a list of ${typeof (value as unknown[])[0]}s`;
  return isMessages(value) ? "a message" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}
