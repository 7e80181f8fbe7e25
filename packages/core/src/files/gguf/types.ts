import { decodeIq4Nl, decodeQ4, decodeQ5, decodeQ8 } from "./blocks.ts";
import type { DecodeBlock } from "./decode-block.ts";
import { decodeQ2K, decodeQ3K, decodeQ4K, decodeQ5K, decodeQ6K } from "./super-blocks.ts";

/** How GGUF stores numbers: so many values in a block of so many bytes. */
export interface GgmlType {
  readonly name: string;
  readonly values: number;
  readonly bytes: number;
  /** null: plain floats, or numbers that are not read here */
  readonly decode: DecodeBlock | null;
}

const type = (name: string, values: number, bytes: number, decode: DecodeBlock | null = null): GgmlType => ({
  name,
  values,
  bytes,
  decode,
});

/** By the number that stands in a file. Those that are not read are listed so that they can be named. */
export const GGML_TYPES: Readonly<Record<number, GgmlType>> = {
  0: type("F32", 1, 4),
  1: type("F16", 1, 2),
  2: type("Q4_0", 32, 18, decodeQ4(false)),
  3: type("Q4_1", 32, 20, decodeQ4(true)),
  6: type("Q5_0", 32, 22, decodeQ5(false)),
  7: type("Q5_1", 32, 24, decodeQ5(true)),
  8: type("Q8_0", 32, 34, decodeQ8),
  9: type("Q8_1", 32, 36),
  10: type("Q2_K", 256, 84, decodeQ2K),
  11: type("Q3_K", 256, 110, decodeQ3K),
  12: type("Q4_K", 256, 144, decodeQ4K),
  13: type("Q5_K", 256, 176, decodeQ5K),
  14: type("Q6_K", 256, 210, decodeQ6K),
  15: type("Q8_K", 256, 292),
  16: type("IQ2_XXS", 256, 66),
  17: type("IQ2_XS", 256, 74),
  18: type("IQ3_XXS", 256, 98),
  19: type("IQ1_S", 256, 50),
  20: type("IQ4_NL", 32, 18, decodeIq4Nl),
  21: type("IQ3_S", 256, 110),
  22: type("IQ2_S", 256, 82),
  23: type("IQ4_XS", 256, 136),
  24: type("I8", 1, 1),
  25: type("I16", 1, 2),
  26: type("I32", 1, 4),
  27: type("I64", 1, 8),
  28: type("F64", 1, 8),
  29: type("IQ1_M", 256, 56),
  30: type("BF16", 1, 2),
};

const BY_NAME = new Map(Object.values(GGML_TYPES).map((one) => [one.name, one]));

/** The type of blocks of this name; undefined for plain numbers and for what is not read. */
export function blockTypeOf(name: string): (GgmlType & { decode: DecodeBlock }) | undefined {
  const found = BY_NAME.get(name);
  return found?.decode ? { ...found, decode: found.decode } : undefined;
}

export const BLOCK_TYPE_NAMES = [...BY_NAME.values()].filter(({ decode }) => decode).map(({ name }) => name);
