import { fail, truth, typeName, type Arguments, type Value } from "./values.ts";

/** Takes what a function was given by the names of its parameters, in their order. @throws TemplateError for too many, unknown or missing ones */
export function bound<Name extends string>(
  what: string,
  { positional, named }: Arguments,
  names: readonly Name[],
  required = 0,
): Partial<Record<Name, Value>> {
  if (positional.length > names.length)
    fail(`${what}() takes ${names.length} arguments but ${positional.length} were given`);
  const values: Partial<Record<Name, Value>> = {};
  positional.forEach((value, at) => (values[names[at]!] = value));
  for (const [name, value] of named) {
    if (!(names as readonly string[]).includes(name)) fail(`${what}() got an unexpected argument '${name}'`);
    if (Object.hasOwn(values, name)) fail(`${what}() got several values for argument '${name}'`);
    values[name as Name] = value;
  }
  const missing = names.slice(0, required).find((name) => !Object.hasOwn(values, name));
  if (missing !== undefined) fail(`${what}() misses its argument '${missing}'`);
  return values;
}

export function textArgument(what: string, value: Value | undefined): string {
  return typeof value === "string"
    ? value
    : fail(`${what} must be a text, not ${value === undefined ? "missing" : typeName(value)}`);
}

/** A whole number; a default where there is none. */
export function wholeArgument(what: string, value: Value | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === "boolean") return Number(value);
  return typeof value === "number" ? value : fail(`${what} must be a whole number, not ${typeName(value)}`);
}

export const flagArgument = (value: Value | undefined, otherwise = false): boolean =>
  value === undefined ? otherwise : truth(value);
