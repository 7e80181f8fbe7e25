import type { Token } from "./lexer.ts";
import { fail } from "./values.ts";

/** The tokens of a template, read one after the other. */
export interface TokenStream {
  /** the next token, or the one after `ahead` more */
  peek(ahead?: number): Token | undefined;
  /** Whether the next token is an operator or a name of this spelling. */
  is(value: string, ahead?: number): boolean;
  isOperator(value: string): boolean;
  /** Takes the next token when it is this one. */
  skip(value: string): boolean;
  take(): Token;
  expect(value: string): void;
  expectName(what: string): string;
  expectEnd(): void;
}

export function tokenStream(tokens: readonly Token[]): TokenStream {
  let at = 0;
  const shown = (token: Token | undefined): string =>
    token === undefined ? "the end of the template" : `'${token.value}' in line ${token.line}`;
  const stream: TokenStream = {
    peek: (ahead = 0) => tokens[at + ahead],
    is: (value, ahead = 0) => {
      const token = tokens[at + ahead];
      return (token?.type === "operator" || token?.type === "name") && token.value === value;
    },
    isOperator: (value) => tokens[at]?.type === "operator" && tokens[at]?.value === value,
    skip: (value) => {
      if (!stream.is(value)) return false;
      at += 1;
      return true;
    },
    take: () => tokens[at++] ?? fail("unexpected end of template"),
    expect: (value) => {
      if (!stream.skip(value)) fail(`expected '${value}', got ${shown(tokens[at])}`);
    },
    expectName: (what) => {
      const token = tokens[at];
      if (token?.type !== "name") return fail(`expected ${what}, got ${shown(token)}`);
      at += 1;
      return token.value;
    },
    expectEnd: () => {
      if (tokens[at]?.type !== "end") fail(`expected the end of the tag, got ${shown(tokens[at])}`);
      at += 1;
    },
  };
  return stream;
}
