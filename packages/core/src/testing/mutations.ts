import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Random } from "../tensor/random.ts";

/** What numbers, strings and structure turn into in a file that somebody broke or bent on purpose. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1,
  2,
  0.5,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 63,
  Number.MIN_VALUE,
  "",
  "\u0000",
  "\uD800",
  "__proto__",
  "constructor",
  "a".repeat(5000),
  "../../etc/passwd",
  "(a+)+$",
  "[",
  "{{",
  "</s>",
  [],
  {},
  [[]],
  [null],
  { type: "" },
  { type: "Sequence" },
  { length: 2 ** 32 },
  [1, 2, 3],
  ["a", "b"],
];

/** JSON with some values changed, dropped, doubled, swapped or nested, somewhere. */
export function mutatedJson(json: unknown, random: Random): unknown {
  const copy = structuredClone(json);
  const count = 1 + random.integer(3);
  let root = copy;
  for (let change = 0; change < count; change++) root = mutateOnce(root, random);
  return root;
}

interface Slot {
  parent: Record<string, unknown> | unknown[];
  key: string | number;
}

const LOOKED_AT = 400;

/** Slots of a JSON value; of long lists and large objects only some. */
function slotsOf(value: unknown, random: Random, found: Slot[] = []): Slot[] {
  if (typeof value !== "object" || value === null || found.length > LOOKED_AT) return found;
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const some = keys.length <= 20 ? keys : Array.from({ length: 20 }, () => keys[random.integer(keys.length)]!);
  for (const key of some) {
    found.push({ parent: value as Slot["parent"], key });
    slotsOf((value as Record<string, unknown>)[key], random, found);
  }
  return found;
}

function mutateOnce(root: unknown, random: Random): unknown {
  const slots = slotsOf(root, random);
  if (slots.length === 0 || random.integer(200) === 0) return HOSTILE[random.integer(HOSTILE.length)];
  const { parent, key } = slots[random.integer(slots.length)]!;
  const target = parent as Record<string | number, unknown>;
  const other = slots[random.integer(slots.length)]!;
  const kind = random.integer(6);
  if (kind === 0) {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else Reflect.deleteProperty(parent, key);
  } else if (kind === 1) target[key] = HOSTILE[random.integer(HOSTILE.length)];
  else if (kind === 2) target[key] = structuredClone(Reflect.get(other.parent, other.key));
  else if (kind === 3) target[key] = nested(target[key], 1 + random.integer(50));
  else if (kind === 4 && typeof target[key] === "number")
    target[key] = target[key] * (random.integer(2) === 0 ? -1 : 1e6);
  else if (Array.isArray(parent)) parent.push(...structuredClone(parent));
  else Object.assign(parent, { [`${key}2`]: target[key] });
  return root;
}

function nested(value: unknown, depth: number): unknown {
  let inner = value;
  for (let level = 0; level < depth; level++) inner = [inner];
  return inner;
}

/** Bytes with some of them changed, cut out, repeated or put in, and now and then the end cut off. */
export function mutatedBytes(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let list = Array.from(bytes);
  for (let change = 0, count = 1 + random.integer(4); change < count; change++) {
    const at = random.integer(list.length + 1);
    const size = 1 + random.integer(8);
    const kind = random.integer(5);
    if (kind === 0) list[Math.min(at, list.length - 1)] = random.integer(256);
    else if (kind === 1) list.splice(at, size);
    else if (kind === 2) list.splice(at, 0, ...list.slice(at, at + size));
    else if (kind === 3) list.splice(at, 0, ...Array.from({ length: size }, () => random.integer(256)));
    else if (random.integer(4) === 0) list = list.slice(0, at);
    else
      list.splice(at, 1, ...Buffer.from(["9", "-", '"', "}", "]", "[", "{", "e9", "null", "\\u"][random.integer(10)]!));
  }
  return Uint8Array.from(list);
}

/** What a reader may take of time and memory for one broken file. */
const [MOST_MS, MOST_BYTES] = [1000, 200 * 1024 * 1024];

/**
 * Hands a reader `count` broken inputs one after the other and fails when one is answered with anything but a result or a
 * UniArmError, takes more than a second, or leaves memory 200 MB higher.
 * @returns how many were read and how many refused: a test checks that there are both
 */
export async function survives(
  count: number,
  makeInput: (index: number) => unknown,
  read: (input: never) => unknown,
): Promise<{ read: number; refused: number }> {
  const counts = { read: 0, refused: 0 };
  const before = heldBytes();
  for (let index = 0; index < count; index++) {
    const input = makeInput(index);
    const first = await timed(input, read);
    counts[first.outcome] += 1;
    // the machine may have paused: what is slow by itself is slow again
    const spent = first.ms > MOST_MS ? Math.min(first.ms, (await timed(input, read)).ms) : first.ms;
    if (spent > MOST_MS) throw new Error(`input ${index}: it took ${Math.round(spent)} ms\n${shown(input)}`);
    if (heldBytes() - before <= MOST_BYTES) continue;
    collectGarbage();
    const grown = heldBytes() - before;
    if (grown > MOST_BYTES)
      throw new Error(`input ${index}: memory grew by ${Math.round(grown / 1e6)} MB\n${shown(input)}`);
  }
  return counts;
}

/** @throws whatever is no UniArmError, with the input */
async function timed(
  input: unknown,
  read: (input: never) => unknown,
): Promise<{ outcome: "read" | "refused"; ms: number }> {
  const startedAt = performance.now();
  let outcome: "read" | "refused" = "read";
  try {
    await read(input as never);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "UniArmError")
      throw new Error(`not a UniArmError for ${shown(input)}`, { cause: error });
    outcome = "refused";
  }
  return { outcome, ms: performance.now() - startedAt };
}

function heldBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Now, not when the engine finds it worth while. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

function shown(input: unknown): string {
  const text = input instanceof Uint8Array ? Buffer.from(input).toString("latin1") : JSON.stringify(input);
  return (text ?? "nothing").slice(0, 2000);
}
