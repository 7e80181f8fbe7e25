import type { Expression, FilterCall, GivenArguments } from "./nodes.ts";
import type { TokenStream } from "./token-stream.ts";
import { unescape } from "./unescape.ts";
import { fail, whole } from "./values.ts";

const COMPARISONS = new Set(["==", "!=", "<", "<=", ">", ">="]);
const NONE: GivenArguments = { positional: [], named: [], spread: null };

/** A condition: the whole of an expression but a tuple without brackets. */
export function parseExpression(stream: TokenStream): Expression {
  const value = parseOr(stream);
  if (!stream.skip("if")) return value;
  const condition = parseOr(stream);
  return { type: "choice", condition, then: value, otherwise: stream.skip("else") ? parseExpression(stream) : null };
}

/** `a, b` without brackets is a tuple. @param withChoice false: an `if` belongs to what comes after */
export function parseTuple(stream: TokenStream, withChoice = true, ends: readonly string[] = []): Expression {
  const parse = withChoice ? parseExpression : parseOr;
  const items: Expression[] = [];
  let isTuple = false;
  for (;;) {
    if (items.length > 0) {
      if (!stream.skip(",")) break;
      isTuple = true;
    }
    if (stream.peek()?.type === "end" || stream.isOperator(")") || ends.some((end) => stream.is(end))) break;
    items.push(parse(stream));
  }
  if (!isTuple) return items[0] ?? fail("expected an expression");
  return { type: "tuple", items };
}

export function parseOr(stream: TokenStream): Expression {
  let one = parseAnd(stream);
  while (stream.skip("or")) one = { type: "or", one, other: parseAnd(stream) };
  return one;
}

function parseAnd(stream: TokenStream): Expression {
  let one = parseNot(stream);
  while (stream.skip("and")) one = { type: "and", one, other: parseNot(stream) };
  return one;
}

function parseNot(stream: TokenStream): Expression {
  return stream.skip("not") ? { type: "not", of: parseNot(stream) } : parseComparison(stream);
}

function parseComparison(stream: TokenStream): Expression {
  const first = parseSum(stream);
  const rest: { operator: string; other: Expression }[] = [];
  for (;;) {
    let operator: string;
    if (stream.is("not") && stream.is("in", 1)) {
      stream.take();
      stream.take();
      operator = "not in";
    } else if (stream.skip("in")) operator = "in";
    else if (stream.peek()?.type === "operator" && COMPARISONS.has(stream.peek()!.value))
      operator = stream.take().value;
    else break;
    rest.push({ operator, other: parseSum(stream) });
  }
  return rest.length === 0 ? first : { type: "compared", first, rest };
}

function parseSum(stream: TokenStream): Expression {
  return leftToRight(stream, ["+", "-"], parseJoined);
}

function parseJoined(stream: TokenStream): Expression {
  const items = [parseProduct(stream)];
  while (stream.skip("~")) items.push(parseProduct(stream));
  return items.length === 1 ? items[0]! : { type: "joined", items };
}

const parseProduct = (stream: TokenStream): Expression => leftToRight(stream, ["*", "/", "//", "%"], parsePower);
const parsePower = (stream: TokenStream): Expression => leftToRight(stream, ["**"], parseUnary);

function leftToRight(
  stream: TokenStream,
  operators: readonly string[],
  parse: (stream: TokenStream) => Expression,
): Expression {
  let one = parse(stream);
  while (operators.some((operator) => stream.isOperator(operator)))
    one = { type: "operation", operator: stream.take().value, one, other: parse(stream) };
  return one;
}

function parseUnary(stream: TokenStream, withFilters = true): Expression {
  const negative = stream.isOperator("-");
  if (negative || stream.isOperator("+")) {
    stream.take();
    const signed: Expression = { type: "sign", of: parseUnary(stream, false), negative };
    return withFilters ? parseFilters(stream, signed) : signed;
  }
  const value = parsePostfix(stream, parsePrimary(stream));
  return withFilters ? parseFilters(stream, value) : value;
}

const CONSTANTS: Record<string, null | boolean> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};

function parsePrimary(stream: TokenStream): Expression {
  const token = stream.take();
  const { value } = token;
  if (token.type === "name")
    return Object.hasOwn(CONSTANTS, value)
      ? { type: "constant", value: CONSTANTS[value]! }
      : { type: "name", name: value };
  if (token.type === "string") {
    let text = unescape(value);
    while (stream.peek()?.type === "string") text += unescape(stream.take().value); // neighbours are one text
    return { type: "constant", value: text };
  }
  if (token.type === "integer") return { type: "constant", value: whole(Number(value.replaceAll("_", ""))) };
  if (token.type === "float") return { type: "float", value: Number(value.replaceAll("_", "")) };
  if (token.type === "operator" && value === "(") {
    const empty = stream.isOperator(")");
    const inner: Expression = empty ? { type: "tuple", items: [] } : parseTuple(stream);
    stream.expect(")");
    return inner;
  }
  if (token.type === "operator" && value === "[")
    return { type: "list", items: parseListed(stream, "]", () => parseExpression(stream)) };
  if (token.type === "operator" && value === "{") {
    const entries = parseListed(stream, "}", (): [Expression, Expression] => {
      const key = parseExpression(stream);
      stream.expect(":");
      return [key, parseExpression(stream)];
    });
    return { type: "dict", entries };
  }
  return fail(`unexpected '${value}' in line ${token.line}`);
}

function parseListed<T>(stream: TokenStream, end: string, parse: () => T): T[] {
  const items: T[] = [];
  while (!stream.skip(end)) {
    if (items.length > 0) stream.expect(",");
    if (items.length > 0 && stream.skip(end)) break;
    items.push(parse());
  }
  return items;
}

function parsePostfix(stream: TokenStream, start: Expression): Expression {
  let value = start;
  for (;;) {
    if (stream.isOperator("(")) value = { type: "call", callee: value, given: parseArguments(stream) };
    else if (stream.isOperator(".")) {
      stream.take();
      const token = stream.take();
      if (token.type === "name") value = { type: "attribute", of: value, name: token.value };
      else if (token.type === "integer")
        value = { type: "item", of: value, key: { type: "constant", value: Number(token.value) } };
      else fail(`expected a name or a number after '.', got '${token.value}' in line ${token.line}`);
    } else if (stream.isOperator("[")) value = parseSubscript(stream, value);
    else return value;
  }
}

function parseSubscript(stream: TokenStream, of: Expression): Expression {
  stream.expect("[");
  const bounds: (Expression | null)[] = [];
  while (bounds.length < 3) {
    const isOpen = stream.isOperator(":") || stream.isOperator("]") || stream.isOperator(",");
    bounds.push(isOpen ? null : parseExpression(stream));
    if (!stream.skip(":")) break;
    if (bounds.length < 3 && stream.isOperator("]")) {
      bounds.push(null);
      break;
    }
  }
  if (bounds.length === 1 && stream.isOperator(",")) {
    const items = [bounds[0] ?? fail("expected an expression")];
    while (stream.skip(",")) items.push(parseExpression(stream));
    stream.expect("]");
    return { type: "item", of, key: { type: "tuple", items } };
  }
  stream.expect("]");
  if (bounds.length > 1) return { type: "slice", of, bounds };
  return { type: "item", of, key: bounds[0] ?? fail("expected a key between '[' and ']'") };
}

function parseFilters(stream: TokenStream, start: Expression): Expression {
  let value = start;
  for (;;) {
    if (stream.skip("|")) value = { type: "filter", of: value, ...parseFilterCall(stream) };
    else if (stream.skip("is")) value = parseTest(stream, value);
    else if (stream.isOperator("(")) value = { type: "call", callee: value, given: parseArguments(stream) };
    else return value;
  }
}

/** What stands after `|`. */
export function parseFilterCall(stream: TokenStream): FilterCall {
  const name = dottedName(stream, "a filter's name");
  return { name, given: stream.isOperator("(") ? parseArguments(stream) : NONE };
}

function dottedName(stream: TokenStream, what: string): string {
  let name = stream.expectName(what);
  while (stream.skip(".")) name += `.${stream.expectName(what)}`;
  return name;
}

function parseTest(stream: TokenStream, of: Expression): Expression {
  const negated = stream.skip("not");
  const name = dottedName(stream, "a test's name");
  const next = stream.peek();
  const isArgument =
    next !== undefined &&
    (["string", "integer", "float"].includes(next.type) ||
      (next.type === "name" && !["else", "or", "and", "is", "if", "in", "not"].includes(next.value)) ||
      stream.isOperator("[") ||
      stream.isOperator("{"));
  let given = NONE;
  if (stream.isOperator("(")) given = parseArguments(stream);
  else if (isArgument) {
    const value = parsePostfix(stream, parsePrimary(stream));
    given = { positional: [{ value, spread: false }], named: [], spread: null };
  }
  return { type: "test", of, name, given, negated };
}

export function parseArguments(stream: TokenStream): GivenArguments {
  stream.expect("(");
  const given: GivenArguments = { positional: [], named: [], spread: null };
  let isFirst = true;
  while (!stream.skip(")")) {
    if (!isFirst) {
      stream.expect(",");
      if (stream.skip(")")) break;
    }
    isFirst = false;
    if (stream.skip("**")) given.spread = parseExpression(stream);
    else if (stream.skip("*")) given.positional.push({ value: parseExpression(stream), spread: true });
    else if (stream.peek()?.type === "name" && stream.peek(1)?.type === "operator" && stream.is("=", 1)) {
      const name = stream.take().value;
      stream.take();
      given.named.push({ name, value: parseExpression(stream) });
    } else if (given.named.length > 0 || given.spread) fail("an argument without a name follows one with a name");
    else given.positional.push({ value: parseExpression(stream), spread: false });
  }
  return given;
}
