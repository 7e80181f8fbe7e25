import { attribute, item, slice } from "./attributes.ts";
import type { Toolbox } from "./filter.ts";
import { FILTERS } from "./filters.ts";
import type { Expression, GivenArguments } from "./nodes.ts";
import { compares, operate } from "./operators.ts";
import { print } from "./print.ts";
import { TESTS } from "./tests.ts";
import {
  Callable,
  defined,
  elements,
  fail,
  Float,
  Loop,
  numeric,
  SafeText,
  truth,
  Tuple,
  typeName,
  Undefined,
  type Arguments,
  type Dict,
  type Value,
} from "./values.ts";

/** The names that a part of a template sees. */
export interface Scope {
  readonly names: Map<string, Value>;
  readonly outer: Scope | null;
}

export const innerScope = (outer: Scope | null): Scope => ({ names: new Map(), outer });

export function lookup(scope: Scope, name: string): Value {
  for (let at: Scope | null = scope; at; at = at.outer) {
    const value = at.names.get(name);
    if (value !== undefined) return value;
  }
  return new Undefined(`'${name}' is undefined`);
}

/** Watches over what a template makes. @throws TemplateError */
export type Guard = (value: Value) => void;

const named = <T>(table: Readonly<Record<string, T>>, what: string, name: string): T =>
  Object.hasOwn(table, name)
    ? table[name]!
    : fail(`No ${what} named '${name}'; known are ${Object.keys(table).sort().join(", ")}`);

export const TOOLS: Toolbox = {
  filter: (name, value, given) => named(FILTERS, "filter", name)(value, given, TOOLS),
  test: (name, value, { positional }) => named(TESTS, "test", name)(value, positional[0]),
};

/** The value of an expression. @throws TemplateError */
export function evaluate(node: Expression, scope: Scope, guard: Guard): Value {
  const value = compute(node, scope, guard);
  guard(value);
  return value;
}

function compute(node: Expression, scope: Scope, guard: Guard): Value {
  const of = (inner: Expression): Value => evaluate(inner, scope, guard);
  switch (node.type) {
    case "constant":
      return node.value;
    case "float":
      return new Float(node.value);
    case "name":
      return lookup(scope, node.name);
    case "list":
      return node.items.map(of);
    case "tuple":
      return new Tuple(node.items.map(of));
    case "dict":
      return new Map(node.entries.map(([key, value]) => [hashable(of(key)), of(value)])) satisfies Dict;
    case "attribute":
      return attribute(of(node.of), node.name);
    case "item":
      return item(of(node.of), of(node.key));
    case "slice":
      return slice(
        of(node.of),
        node.bounds.map((bound) => (bound === null ? null : of(bound))),
      );
    case "call":
      return call(of(node.callee), argumentsOf(node.given, scope, guard));
    case "filter":
      return TOOLS.filter(node.name, of(node.of), argumentsOf(node.given, scope, guard));
    case "test":
      return TOOLS.test(node.name, of(node.of), argumentsOf(node.given, scope, guard)) !== node.negated;
    case "not":
      return !truth(of(node.of));
    case "sign":
      return signed(defined(of(node.of)), node.negative);
    case "and": {
      const one = of(node.one);
      return truth(one) ? of(node.other) : one;
    }
    case "or": {
      const one = of(node.one);
      return truth(one) ? one : of(node.other);
    }
    case "operation":
      return operate(node.operator, of(node.one), of(node.other));
    case "joined": {
      const parts = node.items.map(of);
      if (parts.some((part) => part instanceof SafeText))
        fail("it joins a text marked safe with ~, which would change the others");
      return parts.map(print).join("");
    }
    case "compared":
      return compareChain(node, of);
    case "choice":
      if (truth(of(node.condition))) return of(node.then);
      return node.otherwise
        ? of(node.otherwise)
        : new Undefined("the inline if-expression evaluated to false and no else section was defined");
  }
}

/** a < b < c: each neighbour with the next, up to the first that is not so. */
function compareChain(
  { first, rest }: Extract<Expression, { type: "compared" }>,
  of: (node: Expression) => Value,
): boolean {
  let one = of(first);
  for (const { operator, other } of rest) {
    const next = of(other);
    if (!compares(operator, one, next)) return false;
    one = next;
  }
  return true;
}

function signed(value: Value, negative: boolean): Value {
  const number = numeric(value) ?? fail(`bad operand type for unary ${negative ? "-" : "+"}: '${typeName(value)}'`);
  const result = negative ? 0 - number : number;
  return value instanceof Float ? new Float(negative ? -number : number) : result;
}

const hashable = (key: Value): Value =>
  Array.isArray(key) || key instanceof Map ? fail(`unhashable type: '${typeName(key)}'`) : defined(key);

export function call(callee: Value, given: Arguments): Value {
  const target = callee instanceof Loop ? callee.again : callee;
  if (target instanceof Callable) return target.call(given);
  if (callee instanceof Undefined) return fail(callee.complaint);
  return fail(`'${typeName(callee)}' object is not callable`);
}

export function argumentsOf(given: GivenArguments, scope: Scope, guard: Guard): Arguments {
  const positional = given.positional.flatMap(({ value, spread }) => {
    const found = evaluate(value, scope, guard);
    return spread ? elements(found) : [found];
  });
  const names = new Map(given.named.map(({ name, value }) => [name, evaluate(value, scope, guard)]));
  if (given.spread) {
    const more = evaluate(given.spread, scope, guard);
    if (!(more instanceof Map)) return fail("the argument after ** must be a mapping");
    for (const [name, value] of more) if (typeof name === "string") names.set(name, value);
  }
  return { positional, named: names };
}
