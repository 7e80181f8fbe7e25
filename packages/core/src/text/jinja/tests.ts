import { compares } from "./operators.ts";
import {
  Callable,
  fail,
  Float,
  isEqual,
  isSequence,
  Lazy,
  numeric,
  typeName,
  Undefined,
  View,
  type Value,
} from "./values.ts";

export type Test = (value: Value, argument: Value | undefined) => boolean;

const needed = (argument: Value | undefined): Value =>
  argument ?? (argument === null ? null : fail("the test misses its argument"));
const remainder = (value: Value, by: number): number => {
  const number = numeric(value) ?? fail(`unsupported operand type(s) for %: '${typeName(value)}' and 'int'`);
  return ((number % by) + by) % by;
};
const compared =
  (operator: string): Test =>
  (value, argument) =>
    compares(operator, value, needed(argument));
const hasCase = (value: Value, change: (text: string) => string): boolean => {
  const text = typeof value === "string" ? value : fail(`the test needs a text, not ${typeName(value)}`);
  return /\p{L}/u.test(text) && change(text) === text;
};

const [equal, unequal, less, atMost, greater, atLeast] = ["==", "!=", "<", "<=", ">", ">="].map(compared) as [
  Test,
  Test,
  Test,
  Test,
  Test,
  Test,
];

/** Jinja's tests: `value is NAME`. */
export const TESTS: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  boolean: (value) => typeof value === "boolean",
  true: (value) => value === true,
  false: (value) => value === false,
  integer: (value) => typeof value === "number",
  float: (value) => value instanceof Float,
  number: (value) => numeric(value) !== null,
  string: (value) => typeof value === "string",
  mapping: (value) => value instanceof Map,
  sequence: (value) =>
    typeof value === "string" ||
    isSequence(value) ||
    value instanceof Map ||
    (value instanceof View && value.kind === "range") ||
    value instanceof Undefined,
  iterable: (value) =>
    typeof value === "string" ||
    isSequence(value) ||
    value instanceof Map ||
    value instanceof View ||
    value instanceof Lazy ||
    value instanceof Undefined,
  callable: (value) => value instanceof Callable,
  odd: (value) => remainder(value, 2) === 1,
  even: (value) => remainder(value, 2) === 0,
  divisibleby: (value, argument) => {
    const by = numeric(needed(argument)) ?? fail("divisibleby needs a number");
    return by === 0 ? fail("division by zero") : remainder(value, Math.abs(by)) === 0;
  },
  sameas: (value, argument) => {
    const other = needed(argument);
    return value === other || (value instanceof Float && other instanceof Float && isEqual(value, other));
  },
  lower: (value) => hasCase(value, (text) => text.toLowerCase()),
  upper: (value) => hasCase(value, (text) => text.toUpperCase()),
  in: compared("in"),
  eq: equal,
  equalto: equal,
  "==": equal,
  ne: unequal,
  "!=": unequal,
  lt: less,
  lessthan: less,
  "<": less,
  le: atMost,
  "<=": atMost,
  gt: greater,
  greaterthan: greater,
  ">": greater,
  ge: atLeast,
  ">=": atLeast,
};
