import { bound, flagArgument, textArgument, wholeArgument } from "./arguments.ts";
import { item } from "./attributes.ts";
import type { Filter, Toolbox } from "./filter.ts";
import { checkCount } from "./limits.ts";
import { operate } from "./operators.ts";
import { print } from "./print.ts";
import {
  compare,
  elements,
  fail,
  isEqual,
  Lazy,
  numeric,
  truth,
  Tuple,
  typeName,
  Undefined,
  type Arguments,
  type Value,
} from "./values.ts";

/** Reads "a.b" or 0 of a value; without an attribute the value itself. */
function getterOf(path: Value | undefined): (value: Value) => Value {
  if (path === undefined || path === null) return (value) => value;
  const names = typeof path === "number" ? [path] : textArgument("attribute", path).split(".");
  return (value) =>
    names.reduce<Value>(
      (inner, name) => item(inner, typeof name === "string" && /^\d+$/.test(name) ? Number(name) : name),
      value,
    );
}

const folded = (value: Value): Value => (typeof value === "string" ? value.toLowerCase() : value);

/** What values are compared by. */
function keyOf({
  attribute,
  case_sensitive: sensitive,
}: Partial<Record<"attribute" | "case_sensitive", Value>>): (value: Value) => Value {
  const get = getterOf(attribute);
  return flagArgument(sensitive) ? get : (value) => folded(get(value));
}

const sorted: Filter = (value, given) => {
  const options = bound("sort", given, ["reverse", "case_sensitive", "attribute"]);
  const paths = typeof options.attribute === "string" ? options.attribute.split(",") : [options.attribute];
  const keys = paths.map((attribute) =>
    keyOf({ ...(attribute === undefined ? {} : { attribute }), case_sensitive: options.case_sensitive ?? false }),
  );
  const order = (one: Value, other: Value): number =>
    keys.reduce((found, key) => (found === 0 ? compare(key(one), key(other)) : found), 0);
  const sign = flagArgument(options.reverse) ? -1 : 1;
  return elements(value).toSorted((one, other) => sign * order(one, other));
};

const dictsorted: Filter = (value, given) => {
  const {
    case_sensitive: sensitive,
    by = "key",
    reverse,
  } = bound("dictsort", given, ["case_sensitive", "by", "reverse"]);
  if (by !== "key" && by !== "value") return fail('You can only sort by either "key" or "value"');
  if (!(value instanceof Map)) return fail(`'${typeName(value)}' object has no attribute 'items'`);
  const at = by === "key" ? 0 : 1;
  const key = (pair: readonly Value[]): Value => (flagArgument(sensitive) ? pair[at]! : folded(pair[at]!));
  const sign = flagArgument(reverse) ? -1 : 1;
  return [...value].toSorted((one, other) => sign * compare(key(one), key(other))).map((pair) => new Tuple(pair));
};

const extreme =
  (name: "min" | "max"): Filter =>
  (value, given) => {
    const key = keyOf(bound(name, given, ["case_sensitive", "attribute"]));
    const [first, ...rest] = elements(value);
    if (first === undefined) return new Undefined("No aggregated item, sequence was empty.");
    return rest.reduce((best, one) => {
      const order = compare(key(one), key(best));
      return (name === "min" ? order < 0 : order > 0) ? one : best;
    }, first);
  };

/** The test of select and reject: by name, or whether a value counts as true. */
function tested(given: Arguments, tools: Toolbox, from: number): (value: Value) => boolean {
  const name = given.positional[from];
  if (name === undefined) return truth;
  const rest: Arguments = { positional: given.positional.slice(from + 1), named: given.named };
  return (value) => tools.test(textArgument("the test's name", name), value, rest);
}

/** What select, reject and map go through: nothing counts as an empty list. */
const elementsOrNone = (value: Value): readonly Value[] => (truth(value) ? elements(value) : []);

const chosen =
  (keeps: boolean): Filter =>
  (value, given, tools) => {
    const test = tested(given, tools, 0);
    return new Lazy(
      "generator",
      elementsOrNone(value).filter((one) => test(one) === keeps),
    );
  };

const chosenByAttribute =
  (keeps: boolean): Filter =>
  (value, given, tools) => {
    const get = getterOf(given.positional[0] ?? fail("the filter misses the name of an attribute"));
    const test = tested(given, tools, 1);
    return new Lazy(
      "generator",
      elementsOrNone(value).filter((one) => test(get(one)) === keeps),
    );
  };

const mapped: Filter = (value, given, tools) => {
  const { positional, named } = given;
  if (positional.length === 0) {
    const { attribute, default: otherwise } = bound("map", given, ["attribute", "default"], 0);
    if (attribute === undefined) return fail("map requires a filter argument");
    const get = getterOf(attribute);
    const found = (one: Value): Value => {
      const inner = get(one);
      return inner instanceof Undefined && otherwise !== undefined ? otherwise : inner;
    };
    return new Lazy("generator", elementsOrNone(value).map(found));
  }
  const [name, ...rest] = positional;
  const filter = textArgument("the filter's name", name);
  return new Lazy(
    "generator",
    elementsOrNone(value).map((one) => tools.filter(filter, one, { positional: rest, named })),
  );
};

const batched: Filter = (value, given) => {
  const { linecount, fill_with: fill } = bound("batch", given, ["linecount", "fill_with"], 1);
  const size = wholeArgument("linecount", linecount, 1);
  if (size < 1) return fail("batch needs a size of at least 1");
  checkCount(size);
  const items = elements(value);
  const batches: Value[][] = [];
  for (let at = 0; at < items.length; at += size) batches.push(items.slice(at, at + size));
  const last = batches.at(-1);
  if (last && fill !== undefined && fill !== null) while (last.length < size) last.push(fill);
  return new Lazy("generator", batches);
};

/** Equal values have equal hashes, as in Python 1 and 1.0 and true. @throws TemplateError for lists and dicts, which have none */
function hashOf(value: Value): string {
  const number = numeric(value);
  if (number !== null) return `n${number}`;
  if (typeof value === "string") return `s${value}`;
  if (value === null) return "none";
  return value instanceof Tuple
    ? JSON.stringify(value.items.map(hashOf))
    : fail(`unhashable type: '${typeName(value)}'`);
}

const unique: Filter = (value, given) => {
  const key = keyOf(bound("unique", given, ["case_sensitive", "attribute"]));
  const seen = new Set<string>();
  const items = elements(value).filter((one) => {
    const by = hashOf(key(one));
    const isNew = !seen.has(by);
    seen.add(by);
    return isNew;
  });
  return new Lazy("generator", items);
};

export const SEQUENCE_FILTERS: Readonly<Record<string, Filter>> = {
  sort: sorted,
  dictsort: dictsorted,
  min: extreme("min"),
  max: extreme("max"),
  select: chosen(true),
  reject: chosen(false),
  selectattr: chosenByAttribute(true),
  rejectattr: chosenByAttribute(false),
  map: mapped,
  batch: batched,
  unique,
  first: (value) => elements(value)[0] ?? new Undefined("No first item, sequence was empty."),
  last: (value) => {
    if (value instanceof Lazy) return fail("'generator' object is not reversible");
    return elements(value).at(-1) ?? new Undefined("No last item, sequence was empty.");
  },
  reverse: (value) => {
    if (typeof value === "string") return [...value].reverse().join("");
    return new Lazy("list_reverseiterator", elements(value).toReversed());
  },
  join: (value, given) => {
    const { d = "", attribute } = bound("join", given, ["d", "attribute"]);
    return elements(value)
      .map((one) => print(getterOf(attribute)(one)))
      .join(print(d));
  },
  sum: (value, given) => {
    const { attribute, start = 0 } = bound("sum", given, ["attribute", "start"]);
    return elements(value)
      .map(getterOf(attribute))
      .reduce((sum, one) => operate("+", sum, one), start);
  },
  slice: (value, given) => {
    const { slices, fill_with: fill } = bound("slice", given, ["slices", "fill_with"], 1);
    const items = elements(value);
    const count = wholeArgument("slices", slices, 1);
    if (count < 1) return fail("slice needs at least 1 part");
    checkCount(count);
    const [size, longer] = [Math.floor(items.length / count), items.length % count];
    const parts = Array.from({ length: count }, (_, at): Value[] => {
      const start = at * size + Math.min(at, longer);
      const part = items.slice(start, start + size + (at < longer ? 1 : 0));
      return fill !== undefined && fill !== null && at >= longer && longer > 0 ? [...part, fill] : part;
    });
    return new Lazy("generator", parts);
  },
  groupby: (value, given) => {
    const {
      attribute,
      default: otherwise,
      case_sensitive: sensitive,
    } = bound("groupby", given, ["attribute", "default", "case_sensitive"], 1);
    const get = getterOf(attribute);
    const named = (one: Value): Value => {
      const found = get(one);
      return found instanceof Undefined && otherwise !== undefined ? otherwise : found;
    };
    const key = (one: Value): Value => (flagArgument(sensitive) ? named(one) : folded(named(one)));
    const groups: { key: Value; shown: Value; items: Value[] }[] = [];
    for (const one of elements(value).toSorted((first, second) => compare(key(first), key(second)))) {
      const group = groups.at(-1);
      if (group && isEqual(group.key, key(one))) group.items.push(one);
      else groups.push({ key: key(one), shown: named(one), items: [one] });
    }
    return groups.map(({ shown, items }) => new Tuple([shown, items]));
  },
};
