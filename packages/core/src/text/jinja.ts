import * as jinja from "@huggingface/jinja";

/** A parsed template. */
export interface Program {
  readonly type: string;
}

interface Scope {
  set(name: string, value: unknown): void;
}

interface Value {
  readonly value: unknown;
}

interface Interpreter {
  run(program: Program): Value;
  /** Evaluates a node; nodes evaluate what they consist of by the same method. */
  evaluate(node: unknown, scope: Scope): Value;
}

/** What is used of the library's interpreter; its own type declarations do not resolve outside its bundler. */
const library = jinja as unknown as {
  tokenize: (source: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }) => unknown[];
  parse: (tokens: unknown[]) => Program;
  Environment: new () => Scope;
  Interpreter: new (scope: Scope) => Interpreter;
};
export const { tokenize, parse } = library;

/** A template is untrusted code. */
const TIME_LIMIT_MS = 1000;
const TEXT_LIMIT = 16_000_000;
const LIST_LIMIT = 1_000_000;

/**
 * Ends a template that takes too long. Time is looked at before every node, and no value may be so long that a single
 * node could take much of it; a watching thread for each rendering would cost more than the rendering.
 */
class BoundedInterpreter extends library.Interpreter {
  private readonly endsAt = performance.now() + TIME_LIMIT_MS;

  override evaluate(node: unknown, scope: Scope): Value {
    if (performance.now() > this.endsAt) throw new Error(`it takes longer than ${TIME_LIMIT_MS} ms`);
    const result = super.evaluate(node, scope);
    const { value } = result;
    if (typeof value === "string" && value.length > TEXT_LIMIT)
      throw new Error(`it makes a text of ${value.length} characters; the limit is ${TEXT_LIMIT}`);
    if (Array.isArray(value) && value.length > LIST_LIMIT)
      throw new Error(`it makes a list of ${value.length} elements; the limit is ${LIST_LIMIT}`);
    return result;
  }
}

/** Runs a template with its variables. @throws Error in the template's own words, or when it runs for too long */
export function runTemplate(program: Program, variables: Record<string, unknown>): string {
  const scope = new library.Environment();
  for (const [name, value] of Object.entries(variables)) scope.set(name, value);
  return new BoundedInterpreter(scope).run(program).value as string;
}
