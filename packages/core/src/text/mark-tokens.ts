import type { Message } from "../schema/message.ts";
import type { Piece } from "./pieces.ts";

/** Private-use characters; two that no turn contains stand around special tokens that somebody wrote. */
const FIRST_MARK = 0xf0000;

/**
 * Special tokens inside turns are marked at both sides, so that afterwards they can be told from those that the template
 * writes, while the template can still find and cut at them. A mark whose other half was cut away parts the texts beside it, so that
 * they do not become a special token together.
 */
export function markTokens(
  special: readonly string[],
  messages: readonly Message[],
): { marked: Message[] | null; pieces: (rendered: string) => Piece[] } {
  const written = messages.map(({ content }) => content).join("\n");
  const found = special.filter((token) => token !== "" && written.includes(token));
  const asFormat = (text: string): Piece[] => (text === "" ? [] : [{ kind: "format", text }]);
  if (found.length === 0) return { marked: null, pieces: asFormat };
  const [open, close] = unused(written);
  const longestFirst = found.toSorted((one, other) => other.length - one.length).map(escaped);
  const anyToken = new RegExp(longestFirst.join("|"), "gu");
  const anyMark = new RegExp(`${open}(${longestFirst.join("|")})${close}|[${open}${close}]`, "gu");
  const marked = messages.map(({ role, content }) => ({
    role,
    content: content.replaceAll(anyToken, (token) => `${open}${token}${close}`),
  }));
  const pieces = (rendered: string): Piece[] => {
    const parts: Piece[] = [];
    let at = 0;
    for (const { 0: all, 1: token, index } of rendered.matchAll(anyMark)) {
      parts.push(...asFormat(rendered.slice(at, index)));
      parts.push({ kind: "content", text: token ?? "" }); // an empty one parts what stands around it
      at = index + all.length;
    }
    return [...parts, ...asFormat(rendered.slice(at))];
  };
  return { marked, pieces };
}

function unused(written: string): [string, string] {
  const free: string[] = [];
  for (let code = FIRST_MARK; free.length < 2; code++) {
    const mark = String.fromCodePoint(code);
    if (!written.includes(mark)) free.push(mark);
  }
  return [free[0]!, free[1]!];
}

const escaped = (token: string): string => token.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
