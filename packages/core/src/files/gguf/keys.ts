import { UniArmError } from "../../schema/error.ts";
import type { GgufHeader, GgufValue } from "./header.ts";

/** Reads a file's keys, each checked for its kind; a key that is not there is undefined. */
export interface KeyReader {
  /** of the architecture: "block_count" is "llama.block_count" */
  number(key: string): number | undefined;
  needed(key: string): number;
  flag(key: string): boolean | undefined;
  text(key: string): string | undefined;
  /** a number that a list may give for each layer; all must be one */
  same(key: string): number | undefined;
}

/** @param prefix what stands before every key, with its dot */
export function keyReader({ values, path }: GgufHeader, prefix: string): KeyReader {
  const wrong = (key: string, value: GgufValue | undefined, expected: string): UniArmError => {
    const shown = value === undefined ? "not there" : JSON.stringify(typeof value === "bigint" ? `${value}` : value);
    return new UniArmError(
      "model-config-invalid",
      `${path} has key ${prefix}${key} ${shown.slice(0, 80)}; expected ${expected}. Make or download the file again.`,
    );
  };
  const typed =
    <T>(is: (value: GgufValue) => value is T & GgufValue, expected: string) =>
    (key: string): T | undefined => {
      const value = values.get(prefix + key);
      if (value === undefined || is(value)) return value;
      throw wrong(key, value, expected);
    };
  const number = typed((value): value is number => typeof value === "number" && Number.isFinite(value), "a number");
  return {
    number,
    needed: (key) => {
      const value = number(key);
      if (value === undefined) throw wrong(key, undefined, "a number");
      return value;
    },
    flag: typed((value): value is boolean => typeof value === "boolean", "true or false"),
    text: typed((value): value is string => typeof value === "string", "a text"),
    same: (key) => {
      const value = values.get(prefix + key);
      if (!Array.isArray(value)) return number(key);
      const [first] = value;
      if (typeof first === "number" && value.every((one) => one === first)) return first;
      throw wrong(key, value, "one number for all layers");
    },
  };
}

/** How many heads of queries, and of keys and values. */
export function headCounts(header: GgufHeader): { heads: number; keyValueHeads: number } {
  const keys = keyReader(header, `${String(header.values.get("general.architecture"))}.`);
  const count = (key: string): number | undefined => {
    const value = keys.same(key);
    if (value === undefined || (Number.isInteger(value) && value > 0)) return value;
    throw new UniArmError(
      "model-config-invalid",
      `${header.path} has ${value} for ${key}; expected a number of heads.`,
    );
  };
  const heads = count("attention.head_count");
  if (heads === undefined)
    throw new UniArmError("model-config-invalid", `${header.path} does not say how many heads its attention has.`);
  return { heads, keyValueHeads: count("attention.head_count_kv") ?? heads };
}
