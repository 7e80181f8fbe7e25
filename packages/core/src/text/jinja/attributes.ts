import { bound } from "./arguments.ts";
import { TEXT_METHODS } from "./text-methods.ts";
import {
  Callable,
  defined,
  fail,
  isEqual,
  isSequence,
  itemsOf,
  Loop,
  Namespace,
  Tuple,
  typeName,
  Undefined,
  View,
  type Dict,
  type Value,
} from "./values.ts";

const described = (value: Value): string =>
  value === null ? "None" : value instanceof Namespace ? "namespace object" : `${typeName(value)} object`;
const missing = (value: Value, name: Value): Undefined =>
  new Undefined(`'${described(value)}' has no ${typeof name === "string" ? `attribute '${name}'` : "such element"}`);

/** value.name: Python's own attribute of that name first, then the key. */
export function attribute(value: Value, name: string): Value {
  return own(defined(value), name) ?? key(value, name) ?? missing(value, name);
}

/** value[name]: the key first, then Python's own attribute. */
export function item(value: Value, name: Value): Value {
  const found = key(defined(value), name);
  if (found !== undefined) return found;
  return (typeof name === "string" ? own(value, name) : undefined) ?? missing(value, name);
}

function key(value: Value, name: Value): Value | undefined {
  if (value instanceof Map) {
    if (value.has(name)) return value.get(name);
    return [...value].find(([one]) => isEqual(one, name))?.[1];
  }
  if (typeof name !== "number" && typeof name !== "boolean") return undefined;
  const list = listOf(value);
  return list?.at(Number(name));
}

/** What can be reached by number. */
function listOf(value: Value): readonly Value[] | null {
  if (typeof value === "string") return [...value];
  if (isSequence(value)) return itemsOf(value);
  return value instanceof View && value.kind === "range" ? value.items : null;
}

/** value[start:stop:step]. */
export function slice(value: Value, bounds: readonly Value[]): Value {
  const list = listOf(defined(value)) ?? fail(`'${typeName(value)}' object cannot be cut into slices`);
  const [start = null, stop = null, step = null] = bounds.map((bound) =>
    bound === null || typeof bound === "number" ? bound : fail("slices are cut at whole numbers"),
  );
  const by = step ?? 1;
  if (by === 0) fail("slice step cannot be zero");
  const length = list.length;
  const [lowest, highest] = by > 0 ? [0, length] : [-1, length - 1];
  const placed = (at: number): number => Math.min(highest, Math.max(lowest, at < 0 ? at + length : at));
  const first = start === null ? (by > 0 ? 0 : length - 1) : placed(start);
  const end = stop === null ? (by > 0 ? length : -1) : placed(stop);
  const items: Value[] = [];
  for (let at = first; by > 0 ? at < end : at > end; at += by) items.push(list[at]!);
  if (typeof value === "string") return (items as string[]).join("");
  return value instanceof Tuple ? new Tuple(items) : items;
}

/** The methods that change what they belong to: a template may not. */
const CHANGES = new Set([
  "append",
  "clear",
  "extend",
  "insert",
  "pop",
  "popitem",
  "remove",
  "reverse",
  "setdefault",
  "sort",
  "update",
]);

/** Python's own attribute of a value; undefined where it has none of that name. */
function own(value: Value, name: string): Value | undefined {
  if (typeof value === "string") {
    const method = Object.hasOwn(TEXT_METHODS, name) ? TEXT_METHODS[name] : undefined;
    return method && new Callable(name, (given) => method(value, given));
  }
  if (value instanceof Namespace) return value.entries.get(name);
  if (value instanceof Loop) return value.attributes.get(name);
  if ((value instanceof Map || Array.isArray(value)) && CHANGES.has(name))
    return new Callable(name, () => fail(`access to attribute '${name}' of '${typeName(value)}' object is unsafe`));
  if (value instanceof Map) return dictMethod(value, name);
  return isSequence(value) ? listMethod(value, name) : undefined;
}

function dictMethod(dict: Dict, name: string): Value | undefined {
  const pairs = (): Value[] => [...dict].map(([one, other]) => new Tuple([one, other]));
  const methods: Record<string, () => Value> = {
    items: () => new View("dict_items", pairs()),
    keys: () => new View("dict_keys", [...dict.keys()]),
    values: () => new View("dict_values", [...dict.values()]),
    copy: () => new Map(dict),
  };
  if (name === "get")
    return new Callable("get", (given) => {
      const { key: wanted, default: otherwise = null } = bound("get", given, ["key", "default"], 1);
      return key(dict, wanted!) ?? otherwise;
    });
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  return method && new Callable(name, method);
}

function listMethod(list: Value[] | Tuple, name: string): Value | undefined {
  const items = itemsOf(list);
  if (name === "index")
    return new Callable(name, ({ positional }) => {
      const at = items.findIndex((one) => isEqual(one, positional[0]!));
      return at < 0 ? fail("the value is not in the list") : at;
    });
  if (name === "count")
    return new Callable(name, ({ positional }) => items.filter((one) => isEqual(one, positional[0]!)).length);
  return name === "copy" && Array.isArray(list) ? new Callable(name, () => [...list]) : undefined;
}
