import { argumentsOf, call, evaluate, innerScope, lookup, TOOLS, type Guard, type Scope } from "./evaluate.ts";
import type { FilterCall, Parameter, Statement, Target } from "./nodes.ts";
import { writtenBy } from "./limits.ts";
import { print } from "./print.ts";
import {
  Callable,
  elements,
  fail,
  isEqual,
  Loop,
  Namespace,
  truth,
  Tuple,
  Undefined,
  type Arguments,
  type Value,
} from "./values.ts";

class LoopEnd extends Error {
  readonly kind: "break" | "continue";
  constructor(kind: "break" | "continue") {
    super(`'${kind}' outside of a loop`);
    this.kind = kind;
  }
}

/** Runs statements one after the other. What they print is given to `write`, so that a loop which is left keeps what it has printed. */
export function run(statements: readonly Statement[], scope: Scope, guard: Guard, write: (text: string) => void): void {
  for (const statement of statements) step(statement, scope, guard, write);
}

const rendered = (statements: readonly Statement[], scope: Scope, guard: Guard): string =>
  writtenBy((write) => {
    run(statements, scope, guard, write);
  });

function step(statement: Statement, scope: Scope, guard: Guard, write: (text: string) => void): void {
  switch (statement.type) {
    case "text":
      write(statement.value);
      return;
    case "print":
      write(print(evaluate(statement.value, scope, guard)));
      return;
    case "if": {
      const branch = statement.branches.find(({ condition }) => truth(evaluate(condition, scope, guard)));
      run(branch ? branch.body : statement.otherwise, scope, guard, write);
      return;
    }
    case "for":
      loop(statement, evaluate(statement.over, scope, guard), scope, guard, write, 0);
      return;
    case "set":
      assign(statement.target, evaluate(statement.value, scope, guard), scope);
      return;
    case "set-block": {
      const text = filtered(rendered(statement.body, innerScope(scope), guard), statement.filters, scope, guard);
      assign(statement.target, text, scope);
      return;
    }
    case "with": {
      const inner = innerScope(scope);
      for (const { target, value } of statement.names) assign(target, evaluate(value, scope, guard), inner);
      run(statement.body, inner, guard, write);
      return;
    }
    case "macro":
      scope.names.set(statement.name, macro(statement.name, statement.parameters, statement.body, scope, guard));
      return;
    case "call":
      callBlock(statement, scope, guard, write);
      return;
    case "filter":
      write(print(filtered(rendered(statement.body, innerScope(scope), guard), statement.filters, scope, guard)));
      return;
    case "scope":
      run(statement.body, innerScope(scope), guard, write);
      return;
    default:
      throw new LoopEnd(statement.type);
  }
}

const filtered = (text: string, filters: readonly FilterCall[], scope: Scope, guard: Guard): Value =>
  filters.reduce<Value>((value, { name, given }) => TOOLS.filter(name, value, argumentsOf(given, scope, guard)), text);

function assign(target: Target, value: Value, scope: Scope): void {
  if (target.type === "name") scope.names.set(target.name, value);
  else if (target.type === "attribute") {
    const holder = lookup(scope, target.of);
    if (!(holder instanceof Namespace))
      fail(`cannot assign attribute '${target.name}' on an object that is no namespace`);
    (holder as Namespace).entries.set(target.name, value);
  } else {
    const items = elements(value);
    if (items.length !== target.items.length)
      fail(
        `${items.length < target.items.length ? "not enough" : "too many"} values to unpack (expected ${target.items.length})`,
      );
    target.items.forEach((one, at) => {
      assign(one, items[at]!, scope);
    });
  }
}

type For = Extract<Statement, { type: "for" }>;

function loop(
  statement: For,
  over: Value,
  outer: Scope,
  guard: Guard,
  write: (text: string) => void,
  depth: number,
): void {
  const { target, condition, body, otherwise } = statement;
  const items = elements(over).filter((one) => {
    if (!condition) return true;
    const scope = innerScope(outer);
    assign(target, one, scope);
    return truth(evaluate(condition, scope, guard));
  });
  if (items.length === 0) {
    run(otherwise, innerScope(outer), guard, write);
    return;
  }
  const again = statement.recursive
    ? new Callable("loop", ({ positional }) => {
        return writtenBy((inner) => {
          loop(statement, positional[0] ?? [], outer, guard, inner, depth + 1);
        });
      })
    : null;
  const state: { last: Value[] | null } = { last: null };
  for (const [at, one] of items.entries()) {
    guard(one); // a round is a step, whatever is in it
    const scope = innerScope(outer); // what is set inside a loop ends with the round
    scope.names.set("loop", new Loop(attributesOf(items, at, depth, state), again));
    assign(target, one, scope);
    try {
      run(body, scope, guard, write);
    } catch (end) {
      if (!(end instanceof LoopEnd)) throw end;
      if (end.kind === "break") return;
    }
  }
}

function attributesOf(
  items: readonly Value[],
  at: number,
  depth: number,
  state: { last: Value[] | null },
): Map<string, Value> {
  const { length } = items;
  const changed = ({ positional }: Arguments): Value => {
    const same = state.last !== null && isEqual(new Tuple(state.last), new Tuple(positional));
    state.last = positional;
    return !same;
  };
  return new Map<string, Value>([
    ["index", at + 1],
    ["index0", at],
    ["revindex", length - at],
    ["revindex0", length - at - 1],
    ["first", at === 0],
    ["last", at === length - 1],
    ["length", length],
    ["depth", depth + 1],
    ["depth0", depth],
    ["previtem", items[at - 1] ?? new Undefined("there is no previous item")],
    ["nextitem", items[at + 1] ?? new Undefined("there is no next item")],
    [
      "cycle",
      new Callable(
        "cycle",
        ({ positional }) => positional[at % positional.length] ?? fail("no items for cycling given"),
      ),
    ],
    ["changed", new Callable("changed", changed)],
  ]);
}

/** A macro sees the names of the place where it stands, and its own. */
function macro(
  name: string,
  parameters: readonly Parameter[],
  body: readonly Statement[],
  scope: Scope,
  guard: Guard,
): Callable {
  const written = JSON.stringify(body); // a macro takes more than its parameters only where it names what they are kept in
  const uses = (special: string): boolean => written.includes(`"type":"name","name":"${special}"`);
  const [takesMore, takesNames, takesCaller] = ["varargs", "kwargs", "caller"].map(uses);
  return new Callable(name, ({ positional, named }) => {
    const inner = innerScope(scope);
    const spare = new Map(named);
    parameters.forEach((parameter, at) => {
      const given = at < positional.length ? positional[at] : spare.get(parameter.name);
      if (at >= positional.length) spare.delete(parameter.name);
      else if (spare.has(parameter.name)) fail(`macro '${name}' got several values for argument '${parameter.name}'`);
      const missing = new Undefined(`parameter '${parameter.name}' was not provided`);
      inner.names.set(
        parameter.name,
        given ?? (parameter.default ? evaluate(parameter.default, inner, guard) : missing),
      );
    });
    const caller = spare.get("caller");
    spare.delete("caller");
    inner.names.set("caller", caller ?? new Undefined("'caller' is undefined"));
    inner.names.set("varargs", new Tuple(positional.slice(parameters.length)));
    inner.names.set("kwargs", new Map(spare));
    if (positional.length > parameters.length && !takesMore)
      fail(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
    if (caller && !takesCaller) fail(`macro '${name}' takes no keyword argument 'caller'`);
    if (spare.size > 0 && !takesNames) fail(`macro '${name}' takes no keyword argument '${[...spare.keys()][0]}'`);
    return rendered(body, inner, guard);
  });
}

function callBlock(
  { call: node, parameters, body }: Extract<Statement, { type: "call" }>,
  scope: Scope,
  guard: Guard,
  write: (text: string) => void,
): void {
  if (node.type !== "call") return;
  const given = argumentsOf(node.given, scope, guard);
  const caller = macro("caller", parameters, body, scope, guard);
  write(
    print(
      call(evaluate(node.callee, scope, guard), {
        positional: given.positional,
        named: given.named.set("caller", caller),
      }),
    ),
  );
}
