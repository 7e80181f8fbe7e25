import type { Message } from "@uniarm/core/schema";

/** Messages as datasets write them, or why they are none of ours. */
export type MessagesOrReason =
  | { messages: Message[]; reason: null }
  /** `isRefusal`: the row cannot be read at all, where others are only left out */
  | { messages: null; reason: string; isRefusal: boolean };

const ROLES: Readonly<Record<string, Message["role"]>> = {
  system: "system",
  user: "user",
  human: "user",
  prompter: "user",
  assistant: "assistant",
  gpt: "assistant",
  chatgpt: "assistant",
  bing: "assistant",
  bot: "assistant",
  model: "assistant",
};

/** Where datasets put what a model thought; a pair holds one text for each answer. */
const THOUGHTS = ["reasoning_content", "reasoning", "thinking"];

/** Whether a value is a list of turns, or one turn, in a layout that `messagesOf` reads. */
export const isMessages = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 && value.every(isTurn) : isTurn(value);

const isTurn = (value: unknown): value is Record<string, unknown> =>
  isRecord(value) && ("content" in value || "value" in value) && ("role" in value || "from" in value);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The turns of {role, content} or ShareGPT's {from, value}, a list or one alone; contents that are lists of parts are
 * joined. Turns of tools give a reason, parts that are no text a refusal: a model that reads text would answer without them.
 */
export function messagesOf(value: unknown): MessagesOrReason {
  const turns: unknown[] = Array.isArray(value) ? value : [value];
  const messages: Message[] = [];
  for (const turn of turns) {
    if (!isTurn(turn)) return refused(`expected messages {"role", "content"}, got ${shown(turn)}`);
    const given = turn.role ?? turn.from;
    const role = typeof given === "string" ? roleOf(given) : undefined;
    if (role === undefined) return skipped(`a turn has the role ${shown(given)}, which no prompt format has`);
    if (isPresent(turn.tool_calls) || isPresent(turn.function_call)) return skipped("a turn calls a tool");
    const thoughts = THOUGHTS.find((key) => isPresent(turn[key]) && turn[key] !== "");
    if (thoughts) return skipped(`a turn has ${thoughts} beside its content; write thoughts into the content`);
    const content = contentOf(turn.content ?? turn.value);
    if (content.text === null) return content.refusal ? refused(content.reason) : skipped(content.reason);
    messages.push({ role, content: content.text });
  }
  return { messages, reason: null };
}

const roleOf = (given: string): Message["role"] | undefined => {
  const name = given.trim().toLowerCase();
  return Object.hasOwn(ROLES, name) ? ROLES[name] : undefined;
};

type Content = { text: string } | { text: null; reason: string; refusal: boolean };

function contentOf(content: unknown): Content {
  if (typeof content === "string") return { text: content };
  if (content === null || content === undefined) return { text: null, reason: "a turn has no content", refusal: false };
  if (!Array.isArray(content))
    return { text: null, reason: `a turn's content is ${shown(content)}; expected text`, refusal: true };
  const texts: string[] = [];
  for (const part of content as unknown[]) {
    const text = typeof part === "string" ? part : isRecord(part) && typeof part.text === "string" ? part.text : null;
    const type = isRecord(part) ? (part.type ?? "text") : "text";
    if (text === null || (type !== "text" && type !== "input_text" && type !== "output_text"))
      return {
        text: null,
        reason: `a turn has a part of type ${shown(type)}: only text is read, and the answers may be about it`,
        refusal: true,
      };
    texts.push(text);
  }
  return { text: texts.join("") };
}

const refused = (reason: string): MessagesOrReason => ({ messages: null, reason, isRefusal: true });
const skipped = (reason: string): MessagesOrReason => ({ messages: null, reason, isRefusal: false });

const isPresent = (value: unknown): boolean =>
  value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
