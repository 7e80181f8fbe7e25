import { bound, textArgument, wholeArgument } from "./arguments.ts";
import { strftime } from "./strftime.ts";
import {
  Callable,
  elements,
  fail,
  isSequence,
  itemsOf,
  Namespace,
  typeName,
  View,
  type Arguments,
  type Dict,
  type Value,
} from "./values.ts";

/** As Jinja's sandbox has it. */
const RANGE_LIMIT = 100_000;

function range(given: Arguments): Value {
  if (given.positional.length === 0 || given.named.size > 0) return fail("range() takes one to three whole numbers");
  const numbers = given.positional.map((value) => wholeArgument("range()'s argument", value, 0));
  const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0]!] : (numbers as [number, number, number?]);
  if (step === 0) fail("range() arg 3 must not be zero");
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (count > RANGE_LIMIT) fail(`it asks for a range of ${count} numbers; the limit is ${RANGE_LIMIT}`);
  const printed = `range(${start}, ${stop}${step === 1 ? "" : `, ${step}`})`;
  return new View(
    "range",
    Array.from({ length: count }, (_, index) => start + index * step),
    printed,
  );
}

/** dict(...): of a dict or of pairs, and of names. */
function dict(what: string, { positional, named }: Arguments): Dict {
  const [source, more] = positional;
  if (more !== undefined) fail(`${what} expected at most 1 argument`);
  const made: Dict = new Map();
  if (source instanceof Map) for (const [key, value] of source) made.set(key, value);
  else if (source instanceof Namespace) return fail(`'${typeName(source)}' object is not iterable`);
  else if (source !== undefined) {
    for (const pair of elements(source)) {
      const two = isSequence(pair) ? itemsOf(pair) : typeof pair === "string" ? [...pair] : [];
      if (two.length !== 2) fail(`${what} is made of pairs`);
      made.set(two[0]!, two[1]!);
    }
  }
  for (const [name, value] of named) made.set(name, value);
  return made;
}

/** What every template may name. @param now the time of strftime_now */
export function globals(now: () => Date): Map<string, Value> {
  const callable = (name: string, call: (given: Arguments) => Value): [string, Value] => [
    name,
    new Callable(name, call),
  ];
  return new Map([
    callable("range", range),
    callable("dict", (given) => dict("dict", given)),
    callable("namespace", (given) => {
      const entries = [...dict("namespace", given)].map(([key, value]): [string, Value] => [
        textArgument("a name", key),
        value,
      ]);
      return new Namespace(new Map(entries));
    }),
    callable("raise_exception", (given) =>
      fail(textArgument("its message", bound("raise_exception", given, ["message"], 1).message)),
    ),
    callable("strftime_now", (given) =>
      strftime(textArgument("its format", bound("strftime_now", given, ["format"], 1).format), now()),
    ),
    callable("cycler", ({ positional }) => cycler(positional)),
    callable("joiner", (given) => joiner(textArgument("its separator", bound("joiner", given, ["sep"]).sep ?? ", "))),
  ]);
}

function cycler(items: readonly Value[]): Value {
  if (items.length === 0) return fail("at least one item has to be provided");
  let at = 0;
  const entries = new Map<string, Value>();
  const show = (): void => void entries.set("current", items[at]!);
  show();
  const next = (): Value => {
    const item = items[at]!;
    at = (at + 1) % items.length;
    show();
    return item;
  };
  const reset = (): Value => {
    at = 0;
    show();
    return null;
  };
  entries.set("next", new Callable("next", next));
  entries.set("reset", new Callable("reset", reset));
  return new Namespace(entries);
}

function joiner(separator: string): Value {
  let used = false;
  return new Callable("joiner", () => {
    const found = used ? separator : "";
    used = true;
    return found;
  });
}
