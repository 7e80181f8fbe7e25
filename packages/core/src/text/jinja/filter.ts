import type { Arguments, Value } from "./values.ts";

/** What a filter may use of the interpreter: other filters and the tests by their names. */
export interface Toolbox {
  filter: (name: string, value: Value, given: Arguments) => Value;
  test: (name: string, value: Value, given: Arguments) => boolean;
}

export type Filter = (value: Value, given: Arguments, tools: Toolbox) => Value;
