/** Values of a template. Templates are written for Python: what JavaScript would mix up (1 and 1.0, lists and tuples) is kept apart. */
export type Value =
  | null
  | boolean
  | string
  /** a whole number */
  | number
  | Float
  | Value[]
  | Tuple
  | Dict
  | Undefined
  | Callable
  | Namespace
  | Lazy
  | View
  | Loop
  | SafeText;

export type Dict = Map<Value, Value>;

export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class Tuple {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** What a name or a key that does not exist gives: it prints as nothing, and whoever looks into it is told its name. */
export class Undefined {
  readonly complaint: string;
  constructor(complaint: string) {
    this.complaint = complaint;
  }
}

export interface Arguments {
  positional: Value[];
  named: Map<string, Value>;
}

export class Callable {
  readonly name: string;
  readonly call: (given: Arguments) => Value;
  constructor(name: string, call: (given: Arguments) => Value) {
    this.name = name;
    this.call = call;
  }
}

/** namespace(): the one thing whose attributes a template may set. */
export class Namespace {
  readonly entries: Map<string, Value>;
  constructor(entries: Map<string, Value>) {
    this.entries = entries;
  }
}

/** What filters like `map` give: it can be gone through once. */
export class Lazy {
  private items: readonly Value[];
  readonly kind: string;
  constructor(kind: string, items: readonly Value[]) {
    this.kind = kind;
    this.items = items;
  }
  take(): readonly Value[] {
    const { items } = this;
    this.items = [];
    return items;
  }
}

/** A sequence that prints as what it was made by: dict_keys([...]), range(0, 3). */
export class View {
  readonly kind: "dict_keys" | "dict_values" | "dict_items" | "range";
  readonly items: readonly Value[];
  readonly printed: string;
  constructor(kind: View["kind"], items: readonly Value[], printed = "") {
    this.kind = kind;
    this.items = items;
    this.printed = printed;
  }
}

/** `loop` inside a loop. */
export class Loop {
  readonly attributes: ReadonlyMap<string, Value>;
  readonly again: Callable | null;
  constructor(attributes: ReadonlyMap<string, Value>, again: Callable | null) {
    this.attributes = attributes;
    this.again = again;
  }
}

/** What the filter `safe` gives. It can be printed; joined with other text it would change that text, which is not done here. */
export class SafeText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An error in the template's own terms. */
export class TemplateError extends Error {}

export const fail = (message: string): never => {
  throw new TemplateError(message);
};

/** @throws TemplateError when the value does not exist */
export function defined<T extends Value>(value: T): Exclude<T, Undefined> {
  if (value instanceof Undefined) fail(value.complaint);
  return value as Exclude<T, Undefined>;
}

export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "str";
  if (typeof value === "number") return "int";
  if (value instanceof Float) return "float";
  if (Array.isArray(value)) return "list";
  if (value instanceof Tuple) return "tuple";
  if (value instanceof Map) return "dict";
  if (value instanceof Undefined) return "Undefined";
  if (value instanceof Callable) return "function";
  if (value instanceof Namespace) return "Namespace";
  if (value instanceof Lazy) return value.kind;
  if (value instanceof View) return value.kind;
  if (value instanceof Loop) return "LoopContext";
  return "safe text";
}

export function truth(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return value !== "";
  if (typeof value === "number") return value !== 0;
  if (value instanceof Float) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Tuple || value instanceof View) return value.items.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof SafeText) return value.text !== "";
  return true;
}

/** A number of any kind, booleans too; null for other values. */
export function numeric(value: Value): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  return value instanceof Float ? value.value : null;
}

export const isSequence = (value: Value): value is Value[] | Tuple => Array.isArray(value) || value instanceof Tuple;
export const itemsOf = (value: Value[] | Tuple): readonly Value[] => (value instanceof Tuple ? value.items : value);

/** The elements that a loop goes through. @throws TemplateError for what has none */
export function elements(value: Value): readonly Value[] {
  if (value instanceof Undefined) return [];
  if (typeof value === "string") return [...value];
  if (isSequence(value)) return itemsOf(value);
  if (value instanceof Map) return [...value.keys()];
  if (value instanceof View) return value.items;
  if (value instanceof Lazy) return value.take();
  return fail(`'${typeName(value)}' object is not iterable`);
}

export function isEqual(one: Value, other: Value): boolean {
  const [first, second] = [numeric(one), numeric(other)];
  if (first !== null || second !== null) return first === second;
  if (Array.isArray(one) || one instanceof Tuple) {
    if (!isSequence(other) || Array.isArray(one) !== Array.isArray(other)) return false;
    const [a, b] = [itemsOf(one), itemsOf(other)];
    return a.length === b.length && a.every((item, at) => isEqual(item, b[at]!));
  }
  if (one instanceof Map) {
    if (!(other instanceof Map) || one.size !== other.size) return false;
    return [...one].every(([key, item]) => other.has(key) && isEqual(item, other.get(key)!));
  }
  if (one instanceof Undefined) return other instanceof Undefined;
  return one === other;
}

/** Below zero when `one` comes first. @throws TemplateError for values without an order among them */
export function compare(one: Value, other: Value, operator = "<"): number {
  const [first, second] = [numeric(defined(one)), numeric(defined(other))];
  if (first !== null && second !== null) return first - second;
  if (typeof one === "string" && typeof other === "string") return compareTexts(one, other);
  if (isSequence(one) && isSequence(other) && Array.isArray(one) === Array.isArray(other)) {
    const [a, b] = [itemsOf(one), itemsOf(other)];
    const at = a.findIndex((item, index) => index >= b.length || !isEqual(item, b[index]!));
    if (at < 0) return a.length - b.length;
    return at >= b.length ? 1 : compare(a[at]!, b[at]!, operator);
  }
  return fail(`'${operator}' not supported between instances of '${typeName(one)}' and '${typeName(other)}'`);
}

/** By code points: JavaScript's own order puts an emoji before U+FB01. */
export function compareTexts(one: string, other: string): number {
  const [a, b] = [[...one], [...other]];
  for (let at = 0; at < Math.min(a.length, b.length); at++)
    if (a[at] !== b[at]) return a[at]!.codePointAt(0)! - b[at]!.codePointAt(0)!;
  return a.length - b.length;
}

/** A whole number, as long as JavaScript can hold it exactly. @throws TemplateError */
export function whole(value: number): number {
  return Number.isSafeInteger(value) ? value : fail("it has a whole number beyond 2^53");
}

/** A value from outside: JSON, or a function. Whole numbers are ints. */
export function valueOf(given: unknown): Value {
  if (given === null || typeof given === "boolean" || typeof given === "string") return given;
  if (given instanceof Callable) return given;
  if (typeof given === "number") return Number.isInteger(given) ? whole(given) : new Float(given);
  if (Array.isArray(given)) return given.map(valueOf);
  if (typeof given === "object") return new Map(Object.entries(given).map(([key, value]) => [key, valueOf(value)]));
  return fail(`a value of type ${typeof given} cannot be given to a template`);
}
