import { fail } from "./values.ts";

export type Token =
  | { type: "text"; value: string; line: number }
  | { type: "begin" | "end"; value: "block" | "print"; line: number }
  | { type: "name" | "operator" | "string" | "integer" | "float"; value: string; line: number };

/** White space as Python's `\s` has it. */
export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LEADING = new RegExp(`^[${SPACE}]+`, "u");
const ONE = new RegExp(`[${SPACE}]`, "u");
export const trimStart = (text: string): string => text.replace(LEADING, "");

/** Counted from the end: a pattern would try every run of blanks inside a long text. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ONE.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}

const RAW = new RegExp(`\\{%([-+]?)[${SPACE}]*raw[${SPACE}]*(?:-%\\}[${SPACE}]*|%\\})`, "uy");
const END_RAW = new RegExp(`\\{%([-+]?)[${SPACE}]*endraw[${SPACE}]*(?:\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?)`, "u");
const END_COMMENT = new RegExp(`(?:\\+#\\}|-#\\}[${SPACE}]*|#\\}\\n?)`, "u");
const END = {
  block: new RegExp(`(?:\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?)`, "uy"),
  print: new RegExp(`(?:-\\}\\}[${SPACE}]*|\\}\\})`, "uy"),
} as const;
const EXPRESSION: readonly [Token["type"] | "space", RegExp][] = [
  ["space", new RegExp(`[${SPACE}]+`, "uy")],
  ["float", /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/uy],
  ["integer", /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/uy],
  ["name", /[\p{XID_Start}_][\p{XID_Continue}]*/uy],
  ["string", /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/uy],
  ["operator", /\/\/|\*\*|==|!=|>=|<=|[-+*/%~[\](){}<>=.:|,;]/uy],
];
const CLOSING: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

/**
 * Cuts a template into texts and what stands in tags, as Jinja does with trim_blocks and lstrip_blocks: any line end is
 * "\n"; the last one goes, as do the one after a block and the blanks before one that begins a line; `-` takes all white
 * space away, `+` keeps it.
 */
export function lex(template: string): Token[] {
  const source = template.replaceAll(/\r\n?/g, "\n").replace(/\n$/, "");
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let beginsLine = true; // whether the text so far ends with a line
  const pass = (end: number): void => {
    for (let index = at; index < end; index++) if (source[index] === "\n") line += 1;
    beginsLine = end === 0 || source[end - 1] === "\n";
    at = end;
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  const text = (end: number, sign: string, strips: boolean): void => {
    let value = source.slice(at, end);
    if (sign === "-") value = trimEnd(value);
    else if (sign !== "+" && strips) {
      const start = value.lastIndexOf("\n") + 1;
      if ((start > 0 || beginsLine) && trimStart(value.slice(start)) === "") value = value.slice(0, start);
    }
    if (value !== "") tokens.push({ type: "text", value, line });
    pass(end);
  };
  while (at < source.length) {
    const start = source.slice(at).search(/\{[%{#]/);
    if (start < 0) {
      text(source.length, "+", false);
      break;
    }
    const tag = at + start;
    const kind = source[tag + 1]!;
    const sign = /[-+]/.test(source[tag + 2] ?? "") ? source[tag + 2]! : "";
    text(tag, sign, kind !== "{");
    if (kind === "#") {
      const end = END_COMMENT.exec(source.slice(at + 2)) ?? fail("Missing end of comment tag");
      pass(at + 2 + end.index + end[0].length);
      continue;
    }
    const raw = kind === "%" ? match(RAW) : null;
    if (raw) {
      pass(at + raw[0].length);
      const end = END_RAW.exec(source.slice(at)) ?? fail("Missing end of raw directive");
      text(at + end.index, end[1]!, true);
      pass(at + end[0].length);
      continue;
    }
    const tagKind = kind === "%" ? "block" : "print";
    tokens.push({ type: "begin", value: tagKind, line });
    pass(at + 2 + sign.length);
    inTag(tagKind);
  }
  return tokens;

  function expressionToken(): { type: Token["type"] | "space"; value: string } {
    for (const [type, pattern] of EXPRESSION) {
      const value = match(pattern)?.[0];
      if (value) return { type, value };
    }
    return fail(`unexpected char ${JSON.stringify(source[at])} in line ${line}`);
  }

  function inTag(kind: "block" | "print"): void {
    const open: string[] = [];
    while (at < source.length) {
      const end = open.length === 0 ? match(END[kind]) : null;
      if (end) {
        tokens.push({ type: "end", value: kind, line });
        pass(at + end[0].length);
        return;
      }
      const { type, value } = expressionToken();
      if (type === "operator") {
        if (CLOSING[value]) open.push(CLOSING[value]);
        else if (/[)\]}]/.test(value) && open.pop() !== value) fail(`unexpected '${value}' in line ${line}`);
      }
      if (type !== "space") tokens.push({ type: type as "name", value, line });
      pass(at + value.length);
    }
    fail(`unexpected end of template inside a ${kind === "block" ? "block" : "print"} tag`);
  }
}
