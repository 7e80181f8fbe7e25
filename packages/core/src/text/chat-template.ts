import { UniArmError } from "../schema/error.ts";
import type { Message } from "../schema/message.ts";
import type { TemplateVars } from "../schema/template-vars.ts";
import { parseTemplate, runTemplate, type Template } from "./jinja.ts";
import { markTokens } from "./mark-tokens.ts";
import { content, slicePieces, textOf, type Piece } from "./pieces.ts";
import type { PromptFormat } from "./prompt-format.ts";
import { now } from "./today.ts";

/** The special tokens that a template may write. */
export interface TemplateTokens {
  /** "bos_token" -> "<s>", of those that the tokenizer has: what the template reads as variables */
  named: Readonly<Record<string, string>>;
  /** every special token, as text */
  special: readonly string[];
}

/** A template is untrusted code. */
const SOURCE_LIMIT_CHARACTERS = 256 * 1024;
/** What the program itself tells a template. */
const OWN_VARIABLES = ["messages", "add_generation_prompt"];

/** A tokenizer's chat template (Jinja), ready to render. */
export interface ChatTemplate {
  readonly source: string;
  /** @throws UniArmError chat-template-invalid when it does not render, with the template's own sentence */
  render(messages: readonly Message[], addGenerationPrompt: boolean): Piece[];
}

/**
 * Renders as transformers' apply_chat_template does. `vars` are further variables; of them strftime_now is a date that the
 * template is told instead of today's.
 * @throws UniArmError chat-template-invalid when it does not parse; template-vars-invalid
 */
export function parseChatTemplate(
  source: string,
  tokens: TemplateTokens,
  where: string,
  vars: TemplateVars = {},
): ChatTemplate {
  if (source.length > SOURCE_LIMIT_CHARACTERS)
    throw invalid(
      `The chat template of ${where} has ${source.length} characters; the limit is ${SOURCE_LIMIT_CHARACTERS}.`,
    );
  let template: Template;
  try {
    template = parseTemplate(source);
  } catch (cause) {
    throw invalid(`The chat template of ${where} is not valid Jinja: ${(cause as Error).message}.`, cause);
  }
  const { strftime_now: date, ...variables } = vars;
  const clock = clockOf(date);
  const own = OWN_VARIABLES.find((name) => Object.hasOwn(vars, name));
  if (own !== undefined) throw invalidVars(`${own} is set by this program itself. Leave it out`);
  const given = { tools: null, documents: null, ...tokens.named, ...variables };
  const run = (messages: readonly object[], addGenerationPrompt: boolean): string =>
    runTemplate(template, { ...given, messages, add_generation_prompt: addGenerationPrompt }, clock);
  let readsParts: boolean | null = null;
  const rendered = (messages: readonly Message[], addGenerationPrompt: boolean): string => {
    readsParts ??= readsPartsAlone((asked) => run(asked, true));
    try {
      return run(readsParts ? messages.map(inParts) : messages, addGenerationPrompt);
    } catch (cause) {
      throw invalid(`The chat template of ${where} does not render: ${(cause as Error).message}.`, cause);
    }
  };
  return {
    source,
    render: (messages, addGenerationPrompt) => {
      const { marked, pieces } = markTokens(tokens.special, messages);
      const asText = rendered(messages, addGenerationPrompt);
      if (!marked) return [{ kind: "format", text: asText }];
      const found = pieces(rendered(marked, addGenerationPrompt));
      if (textOf(found) === asText) return found;
      throw invalid(
        `The chat template of ${where} acts on a special token that a turn contains, so the turn cannot be told from the template. Take the special token out of the turn.`,
      );
    },
  };
}

/** The same turn with its text as the only part of a list. */
const inParts = ({ role, content: text }: Message): object => ({ role, content: [{ type: "text", text }] });

/** Whether a template writes a turn only when its content is a list of parts; the letters of a text, taken for parts, would be lost without a word. */
function readsPartsAlone(write: (messages: readonly object[]) => string): boolean {
  const turn: Message = { role: "user", content: "a-turn-that-no-template-holds" };
  const shows = (message: object): boolean => {
    try {
      return write([message]).includes(turn.content);
    } catch {
      return false; // what is wrong is said when a real dialogue is rendered
    }
  };
  return !shows(turn) && shows(inParts(turn));
}

/**
 * The prompt format that a chat template describes: the dialogue, then one assistant turn.
 * @throws UniArmError chat-template-invalid
 */
export function chatFormat(template: ChatTemplate, eosToken: string | null): PromptFormat {
  const messagesOf = (prompt: string | readonly Message[]): readonly Message[] =>
    typeof prompt === "string" ? [{ role: "user", content: prompt }] : prompt;
  const answered = (prompt: string | readonly Message[], text: string): Message[] => [
    ...messagesOf(prompt),
    { role: "assistant", content: text },
  ];
  // a stand-in question: what a template writes for an answer does not depend on it
  const question = "?";
  let start: string | null = null;
  return {
    name: "chat-template",
    writesStart: true,
    prompt: (prompt) => template.render(messagesOf(prompt), true),
    response: (text) => {
      start ??= textOf(template.render(messagesOf(question), true));
      const whole = template.render(answered(question, text), false);
      // a template that begins the answer itself ("<think>") and cuts thoughts out of answers: what follows the prompt is
      // then the response as it is
      if (!textOf(whole).startsWith(start)) return text === "" ? [] : [content(text)];
      return withoutEnd(slicePieces(whole, start.length), eosToken);
    },
    conversation: (prompt, response) => template.render(answered(prompt, response), false),
  };
}

/** Cuts the end-of-sequence token that the template writes and the white space after it; `encodeResponse` adds the token itself. */
function withoutEnd(pieces: Piece[], eosToken: string | null): Piece[] {
  const last = pieces.at(-1);
  if (!eosToken || last?.kind !== "format") return pieces;
  const trimmed = textOf(pieces).trimEnd();
  return trimmed.endsWith(eosToken) ? slicePieces(pieces, 0, trimmed.length - eosToken.length) : pieces;
}

/** The time that a template is told: now, or one that is given. @throws UniArmError template-vars-invalid */
function clockOf(date: unknown): () => Date {
  if (date === undefined) return now;
  const at = typeof date === "string" ? new Date(/^\d{4}-\d\d-\d\d$/.test(date) ? `${date}T00:00:00` : date) : null;
  if (!at || Number.isNaN(at.getTime()))
    throw invalidVars(`strftime_now is ${JSON.stringify(date)}; expected a date such as "2026-07-26"`);
  return () => at;
}

const invalid = (message: string, cause?: unknown): UniArmError =>
  new UniArmError("chat-template-invalid", message, { cause });
const invalidVars = (what: string): UniArmError =>
  new UniArmError("template-vars-invalid", `Template variables cannot be used: ${what}.`);
