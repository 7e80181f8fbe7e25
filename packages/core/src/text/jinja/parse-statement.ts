import { lex } from "./lexer.ts";
import type { FilterCall, Parameter, Statement, Target } from "./nodes.ts";
import { parseArguments, parseExpression, parseFilterCall, parseTuple } from "./parse-expression.ts";
import { tokenStream, type TokenStream } from "./token-stream.ts";
import { fail } from "./values.ts";

/** @throws TemplateError when it is not a template */
export function parse(source: string): Statement[] {
  const stream = tokenStream(lex(source));
  const { body } = parseBody(stream, []);
  return body;
}

/** Statements up to a block tag that begins with one of `ends`, whose name is taken; without ends up to the end of the template. */
function parseBody(stream: TokenStream, ends: readonly string[]): { body: Statement[]; end: string } {
  const body: Statement[] = [];
  for (;;) {
    const token = stream.peek();
    if (token === undefined) {
      if (ends.length === 0) return { body, end: "" };
      return fail(`the template ends before ${ends.map((end) => `'${end}'`).join(" or ")}`);
    }
    stream.take();
    if (token.type === "text") body.push({ type: "text", value: token.value });
    else if (token.type === "begin" && token.value === "print") {
      body.push({ type: "print", value: parseTuple(stream) });
      stream.expectEnd();
    } else {
      const name = stream.expectName("the name of a tag");
      if (ends.includes(name)) return { body, end: name };
      body.push(parseTag(stream, name, token.line));
    }
  }
}

function closed(stream: TokenStream, end: string): Statement[] {
  const { body } = parseBody(stream, [end]);
  stream.expectEnd();
  return body;
}

const TAGS: Record<string, (stream: TokenStream) => Statement> = {
  if: parseIf,
  for: parseFor,
  set: parseSet,
  macro: (stream) => {
    const name = stream.expectName("the macro's name");
    const parameters = parseParameters(stream);
    stream.expectEnd();
    return { type: "macro", name, parameters, body: closed(stream, "endmacro") };
  },
  call: (stream) => {
    const parameters = stream.isOperator("(") ? parseParameters(stream) : [];
    const call = parseExpression(stream);
    if (call.type !== "call") fail("expected a call after 'call'");
    stream.expectEnd();
    return { type: "call", call, parameters, body: closed(stream, "endcall") };
  },
  filter: (stream) => {
    const filters = parseFilterChain(stream);
    stream.expectEnd();
    return { type: "filter", filters, body: closed(stream, "endfilter") };
  },
  with: (stream) => {
    const names: { target: Target; value: ReturnType<typeof parseExpression> }[] = [];
    while (stream.peek()?.type !== "end") {
      if (names.length > 0) stream.expect(",");
      const target = parseTarget(stream);
      stream.expect("=");
      names.push({ target, value: parseExpression(stream) });
    }
    stream.expectEnd();
    return { type: "with", names, body: closed(stream, "endwith") };
  },
  // marks what the assistant wrote, for those who train on it alone; it prints what is in it
  generation: (stream) => {
    stream.expectEnd();
    return { type: "scope", body: closed(stream, "endgeneration") };
  },
  break: (stream) => {
    stream.expectEnd();
    return { type: "break" };
  },
  continue: (stream) => {
    stream.expectEnd();
    return { type: "continue" };
  },
};

function parseTag(stream: TokenStream, name: string, line: number): Statement {
  const tag = Object.hasOwn(TAGS, name) ? TAGS[name] : undefined;
  if (tag) return tag(stream);
  return fail(`unknown tag '${name}' in line ${line}; known are ${Object.keys(TAGS).join(", ")} and raw`);
}

function parseIf(stream: TokenStream): Statement {
  const branches: Extract<Statement, { type: "if" }>["branches"] = [];
  for (;;) {
    const condition = parseTuple(stream, false);
    stream.expectEnd();
    const { body, end } = parseBody(stream, ["elif", "else", "endif"]);
    branches.push({ condition, body });
    if (end === "elif") continue;
    stream.expectEnd();
    return { type: "if", branches, otherwise: end === "else" ? closed(stream, "endif") : [] };
  }
}

function parseFor(stream: TokenStream): Statement {
  const target = parseTarget(stream);
  stream.expect("in");
  const over = parseTuple(stream, false, ["recursive", "if"]);
  const condition = stream.skip("if") ? parseExpression(stream) : null;
  const recursive = stream.skip("recursive");
  stream.expectEnd();
  const { body, end } = parseBody(stream, ["endfor", "else"]);
  stream.expectEnd();
  const otherwise = end === "else" ? closed(stream, "endfor") : [];
  return { type: "for", target, over, condition, recursive, body, otherwise };
}

function parseSet(stream: TokenStream): Statement {
  const target = parseTarget(stream, true);
  if (stream.skip("=")) {
    const value = parseTuple(stream);
    stream.expectEnd();
    return { type: "set", target, value };
  }
  const filters = stream.skip("|") ? parseFilterChain(stream) : [];
  stream.expectEnd();
  return { type: "set-block", target, filters, body: closed(stream, "endset") };
}

function parseFilterChain(stream: TokenStream): FilterCall[] {
  const filters = [parseFilterCall(stream)];
  while (stream.skip("|")) filters.push(parseFilterCall(stream));
  return filters;
}

function parseTarget(stream: TokenStream, withAttribute = false): Target {
  const items: Target[] = [];
  do {
    if (items.length > 0 && (stream.is("in") || stream.is("=") || stream.isOperator(")"))) break;
    items.push(parseOneTarget(stream, withAttribute));
  } while (stream.skip(","));
  const isTuple = items.length > 1;
  return isTuple ? { type: "tuple", items } : items[0]!;
}

function parseOneTarget(stream: TokenStream, withAttribute: boolean): Target {
  if (stream.skip("(")) {
    const inner = parseTarget(stream, withAttribute);
    stream.expect(")");
    return inner;
  }
  const name = stream.expectName("a name to assign to");
  if (withAttribute && stream.skip("."))
    return { type: "attribute", of: name, name: stream.expectName("an attribute") };
  return { type: "name", name };
}

function parseParameters(stream: TokenStream): Parameter[] {
  const { positional, named, spread } = parseArguments(stream);
  if (spread) fail("a macro's parameters have names");
  const plain = positional.map(({ value, spread: isSpread }): Parameter => {
    if (value.type !== "name" || isSpread) return fail("a macro's parameters have names");
    return { name: value.name, default: null };
  });
  return [...plain, ...named.map(({ name, value }) => ({ name, default: value }))];
}
