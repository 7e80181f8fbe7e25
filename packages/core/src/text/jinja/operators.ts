import {
  compare,
  defined,
  elements,
  fail,
  Float,
  isEqual,
  isSequence,
  itemsOf,
  Lazy,
  numeric,
  Tuple,
  typeName,
  View,
  whole,
  type Value,
} from "./values.ts";
import { formatPercent } from "./format-percent.ts";
import { checkCount, checkLength } from "./limits.ts";

/** `one operator other` of two values, as Python does it. */
export function operate(operator: string, one: Value, other: Value): Value {
  if (operator === "%" && typeof one === "string") return formatPercent(one, other);
  const [a, b] = [defined(one), defined(other)];
  const [first, second] = [numeric(a), numeric(b)];
  if (first !== null && second !== null) {
    const isFloat = a instanceof Float || b instanceof Float;
    return arithmetic(operator, first, second, isFloat);
  }
  if (operator === "+") {
    if (typeof a === "string" && typeof b === "string") return a + b;
    if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple([...a.items, ...b.items]);
    if (typeof a === "string") return fail(`can only concatenate str (not "${typeName(b)}") to str`);
  }
  if (operator === "*") {
    if (second !== null && !(b instanceof Float)) return repeated(a, second) ?? unsupported(operator, a, b);
    if (first !== null && !(a instanceof Float)) return repeated(b, first) ?? unsupported(operator, a, b);
  }
  return unsupported(operator, a, b);
}

const unsupported = (operator: string, one: Value, other: Value): never =>
  fail(`unsupported operand type(s) for ${operator}: '${typeName(one)}' and '${typeName(other)}'`);

function arithmetic(operator: string, a: number, b: number, isFloat: boolean): Value {
  const number = (value: number): Value => (isFloat ? new Float(value) : whole(value));
  if (operator === "+") return number(a + b);
  if (operator === "-") return number(a - b);
  if (operator === "*") return number(a * b);
  if (operator === "**") return isFloat || b < 0 ? new Float(a ** b) : whole(a ** b);
  if (b === 0) return fail("division by zero");
  if (operator === "/") return new Float(a / b);
  if (operator === "//") return number(Math.floor(a / b));
  const rest = a % b;
  return number(rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest); // the sign of the divisor
}

function repeated(value: Value, times: number): Value | null {
  const count = Math.max(0, times);
  const length = typeof value === "string" ? value.length : isSequence(value) ? itemsOf(value).length : 0;
  if (typeof value === "string") checkLength(length * count);
  else checkCount(length * count);
  if (typeof value === "string") return value.repeat(count);
  if (!isSequence(value)) return null;
  const items = Array.from({ length: count }, () => itemsOf(value)).flat();
  return value instanceof Tuple ? new Tuple(items) : items;
}

export function isIn(item: Value, container: Value): boolean {
  if (typeof container === "string") {
    if (typeof item !== "string") fail(`'in <string>' requires string as left operand, not ${typeName(defined(item))}`);
    return container.includes(item as string);
  }
  if (container instanceof Map) return [...container.keys()].some((key) => isEqual(key, item));
  const isListed = isSequence(container) || container instanceof View || container instanceof Lazy;
  if (!isListed && typeName(container) !== "Undefined")
    fail(`argument of type '${typeName(container)}' is not iterable`);
  return elements(container).some((one) => isEqual(one, item));
}

export function compares(operator: string, one: Value, other: Value): boolean {
  if (operator === "==") return isEqual(one, other);
  if (operator === "!=") return !isEqual(one, other);
  if (operator === "in") return isIn(one, other);
  if (operator === "not in") return !isIn(one, other);
  const order = compare(one, other, operator);
  if (operator === "<") return order < 0;
  if (operator === "<=") return order <= 0;
  return operator === ">" ? order > 0 : order >= 0;
}
