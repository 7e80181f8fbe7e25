import { UniArmError } from "../schema/error.ts";
import type { Message } from "../schema/message.ts";
import { parse, runTemplate, tokenize, type Program } from "./jinja.ts";
import { slicePieces, textOf, type Piece } from "./pieces.ts";
import type { PromptFormat } from "./prompt-format.ts";

/** Names the template's special tokens; null where the tokenizer has none. */
export interface TemplateTokens {
  bosToken: string | null;
  eosToken: string | null;
  padToken?: string | null;
  unkToken?: string | null;
  /** every special token, as text */
  special: readonly string[];
}

/** A template is untrusted code. */
const SOURCE_LIMIT_CHARACTERS = 256 * 1024;
const RANGE_LIMIT = 10_000;

/** A tokenizer's chat template (Jinja), ready to render. */
export interface ChatTemplate {
  /** @throws UniArmError chat-template-invalid when it does not render, with the template's own sentence */
  render(messages: readonly Message[], addGenerationPrompt: boolean): Piece[];
}

/** @throws UniArmError chat-template-invalid when it does not parse */
export function parseChatTemplate(source: string, tokens: TemplateTokens, where: string): ChatTemplate {
  if (source.length > SOURCE_LIMIT_CHARACTERS)
    throw invalid(
      `The chat template of ${where} has ${source.length} characters; the limit is ${SOURCE_LIMIT_CHARACTERS}.`,
    );
  let program: Program;
  try {
    program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  } catch (cause) {
    throw invalid(`The chat template of ${where} is not valid Jinja: ${(cause as Error).message}.`, cause);
  }
  return {
    render: (messages, addGenerationPrompt) => {
      const marks = marksFor(tokens.special, messages);
      const variables = {
        messages: messages.map(({ role, content }) => ({ role, content: marks.hide(content) })),
        add_generation_prompt: addGenerationPrompt,
        bos_token: tokens.bosToken ?? "",
        eos_token: tokens.eosToken ?? "",
        pad_token: tokens.padToken ?? "",
        unk_token: tokens.unkToken ?? "",
      };
      try {
        return marks.pieces(runTemplate(program, { ...GLOBALS, ...variables }));
      } catch (cause) {
        throw invalid(`The chat template of ${where} does not render: ${(cause as Error).message}.`, cause);
      }
    },
  };
}

/**
 * The prompt format that a chat template describes: the dialogue, then one assistant turn.
 * @throws UniArmError chat-template-invalid also when a prompt is not the start of the whole dialogue
 */
export function chatFormat(template: ChatTemplate, eosToken: string | null, where: string): PromptFormat {
  const messagesOf = (prompt: string | readonly Message[]): readonly Message[] =>
    typeof prompt === "string" ? [{ role: "user", content: prompt }] : prompt;
  // a stand-in question: what a template writes for an answer does not depend on it
  const user: Message = { role: "user", content: "?" };
  let start: string | null = null;
  return {
    name: "chat-template",
    writesStart: true,
    prompt: (prompt) => template.render(messagesOf(prompt), true),
    response: (text) => {
      start ??= textOf(template.render([user], true));
      const whole = template.render([user, { role: "assistant", content: text }], false);
      if (!textOf(whole).startsWith(start)) {
        throw invalid(
          `The chat template of ${where} writes a question differently once it is answered, so a response cannot be told from its prompt.`,
        );
      }
      return withoutEnd(slicePieces(whole, start.length), eosToken);
    },
  };
}

/** Cuts the end-of-sequence token that the template writes and the white space after it; `encodeResponse` adds the token itself. */
function withoutEnd(pieces: Piece[], eosToken: string | null): Piece[] {
  const last = pieces.at(-1);
  if (!eosToken || last?.kind !== "format") return pieces;
  const trimmed = textOf(pieces).trimEnd();
  return trimmed.endsWith(eosToken) ? slicePieces(pieces, 0, trimmed.length - eosToken.length) : pieces;
}

/** The first private-use character whose neighbours stand for special tokens that somebody wrote. */
const FIRST_MARK = 0xf0000;
const LAST_MARK = 0xffffd;

/** Special tokens inside contents are hidden from the template, so that afterwards they can be told from its own. */
function marksFor(
  special: readonly string[],
  messages: readonly Message[],
): { hide: (text: string) => string; pieces: (rendered: string) => Piece[] } {
  const written = messages.map(({ content }) => content).join("\n");
  const found = special.filter((token) => token !== "" && written.includes(token));
  if (found.length === 0) return { hide: (text) => text, pieces: (text) => [{ kind: "format", text }] };
  let next = FIRST_MARK;
  const marks = new Map<string, string>();
  for (const token of found.toSorted((one, other) => other.length - one.length)) {
    while (written.includes(String.fromCodePoint(next))) next++;
    if (next > LAST_MARK) throw new Error("the messages use every private character");
    marks.set(token, String.fromCodePoint(next++));
  }
  const tokenOf = new Map([...marks].map(([token, mark]) => [mark, token]));
  const anyMark = new RegExp(`(${[...tokenOf.keys()].join("|")})`, "u");
  return {
    hide: (text) => [...marks].reduce((hidden, [token, mark]) => hidden.replaceAll(token, mark), text),
    pieces: (rendered) =>
      rendered.split(anyMark).flatMap((text): Piece[] => {
        const token = tokenOf.get(text);
        if (token !== undefined) return [{ kind: "content", text: token }];
        return text === "" ? [] : [{ kind: "format", text }];
      }),
  };
}

function raiseException(message: string): never {
  throw new Error(message);
}

/** Jinja's range with an end: a list of all its numbers is made at once. */
function range(start: number, stop?: number, step = 1): number[] {
  const [first, end] = stop === undefined ? [0, start] : [start, stop];
  const count = Math.max(0, Math.ceil((end - first) / step));
  if (!(count <= RANGE_LIMIT)) throw new Error(`it asks for a range of ${count} numbers; the limit is ${RANGE_LIMIT}`);
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/** What every template may name. It is not told the date (`strftime_now`): the same messages are the same prompt on any day. */
const GLOBALS = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  range,
  raise_exception: raiseException,
};

const invalid = (message: string, cause?: unknown): UniArmError =>
  new UniArmError("chat-template-invalid", message, { cause });
