import * as jinja from "@huggingface/jinja";

/** A parsed template. */
export interface Program {
  readonly type: string;
}

/** What is used of the library's interpreter; its own type declarations do not resolve outside its bundler. */
export const { Environment, Interpreter, parse, tokenize } = jinja as unknown as {
  tokenize: (source: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }) => unknown[];
  parse: (tokens: unknown[]) => Program;
  Environment: new () => Scope;
  Interpreter: new (scope: Scope) => { run: (program: Program) => unknown };
};

interface Scope {
  set(name: string, value: unknown): void;
}
