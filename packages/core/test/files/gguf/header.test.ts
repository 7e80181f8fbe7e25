import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readGgufHeader } from "../../../src/files/gguf/header.ts";
import { createRandom } from "../../../src/tensor/random.ts";
import { mutatedBytes, survives } from "../../../src/testing/mutations.ts";
import { temporaryFolder } from "../../../src/testing/temporary-folder.ts";
import { flag, float32, ggufFile, int32s, text, texts, uint32, type GgufTensorInput } from "../../support/gguf-file.ts";

const tensor = (name: string, more: Partial<GgufTensorInput> = {}): GgufTensorInput => ({
  name,
  shape: [2, 32],
  type: 0,
  bytes: new Uint8Array(256),
  ...more,
});
const KEYS = {
  "general.architecture": text("llama"),
  "llama.block_count": uint32(2),
  "llama.rope.freq_base": float32(10_000),
  "some.flag": flag(true),
  "some.list": texts(["one", "zwei", "三"]),
  "some.numbers": int32s([-1, 5]),
};

async function written(bytes: Uint8Array): Promise<string> {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  await writeFile(join(path, "model.gguf"), bytes);
  return join(path, "model.gguf");
}

test.each([2, 3])("keys and places of tensors are read from version %i", async (version) => {
  const path = await written(
    ggufFile(KEYS, [tensor("a"), tensor("b", { shape: [64], type: 2, bytes: new Uint8Array(36) })], version),
  );
  const { values, tensors } = readGgufHeader(path);
  expect(Object.fromEntries(values)).toEqual({
    "general.architecture": "llama",
    "llama.block_count": 2,
    "llama.rope.freq_base": 10_000,
    "some.flag": true,
    "some.list": ["one", "zwei", "三"],
    "some.numbers": [-1, 5],
  });
  const [a, b] = [tensors.get("a")!, tensors.get("b")!];
  expect(a).toMatchObject({ dtype: "F32", shape: [2, 32] });
  expect(b).toMatchObject({ dtype: "Q4_0", shape: [64], begin: a.end, end: a.end + 36 });
  expect(a.begin % 32).toBe(0);
});

const patched = (bytes: Buffer, at: number, value: bigint): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeBigUInt64LE(value, at);
  return copy;
};
const whole = ggufFile(KEYS, [tensor("a"), tensor("b")]);
/** of the second tensor: its offset is the last number of the header */
const offsetAt = whole.indexOf("b", whole.lastIndexOf("\x01\0\0\0\0\0\0\0b")) + 1 + 4 + 16 + 4;

test.each<[string, Buffer, RegExp]>([
  [
    "other letters at its beginning",
    Buffer.from("GGML0000"),
    /is not a GGUF file: it does not begin with the letters GGUF/,
  ],
  ["too few bytes to begin", Buffer.from("GGUF"), /is cut off/],
  ["version 1", ggufFile(KEYS, [], 1), /it has version 1\. Convert it to version 2 or 3/],
  ["big-endian numbers", ggufFile(KEYS, [], 0x03000000), /its numbers are big-endian; little-endian ones are read/],
  [
    "a count of tensors beyond the limit",
    patched(whole, 8, 2n ** 60n),
    /claims 1152921504606846976 tensors; the limit is 131072/,
  ],
  [
    "a count of keys beyond the limit",
    patched(whole, 16, 2n ** 63n),
    /claims 9223372036854775808 keys; the limit is 65536/,
  ],
  [
    "the name of a key beyond the file",
    patched(whole, 24, 60_000n),
    /the name of a key takes 60000 bytes, but only \d+ are left/,
  ],
  [
    "a tensor that overlaps another",
    patched(whole, offsetAt, 32n),
    /tensor "b" begins at byte \d+, inside "a", which ends at byte/,
  ],
  [
    "a tensor off the alignment",
    patched(whole, offsetAt, 257n),
    /tensor "b" begins at byte 257; expected a multiple of 32/,
  ],
  [
    "a tensor behind the end",
    patched(whole, offsetAt, 2n ** 40n),
    /tensor "b" ends at byte \d+, but the file has only/,
  ],
  ["an end that is missing", whole.subarray(0, whole.length - 1), /is cut off: tensor "b" ends at byte/],
  ["a tensor twice", ggufFile(KEYS, [tensor("a"), tensor("a")]), /tensor "a" appears twice/],
  [
    "a row that no blocks fill",
    ggufFile(KEYS, [tensor("a", { type: 12 })]),
    /rows of 32 numbers; Q4_K stores them in blocks of 256/,
  ],
  ["five axes", ggufFile(KEYS, [tensor("a", { shape: [1, 1, 1, 2, 32] })]), /tensor "a" has 5 axes; the limit is 4/],
  [
    "an alignment of 3",
    ggufFile({ "general.alignment": uint32(3) }),
    /general\.alignment is 3; expected a power of two/,
  ],
  [
    "a key of an unknown type",
    ggufFile({ a: { type: 77, bytes: Buffer.alloc(0) } }),
    /the key "a" has a value of type 77/,
  ],
  [
    "a list of lists",
    ggufFile({ a: { type: 9, bytes: Buffer.from([9, 0, 0, 0]) } }),
    /the key "a" has a value of type 9/,
  ],
  [
    "text that is not UTF-8",
    ggufFile({ a: { type: 8, bytes: Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 255]) } }),
    /a text is not UTF-8 text/,
  ],
])("a file with %s is refused", async (_name, bytes, sentence) => {
  const path = await written(bytes);
  expect(() => readGgufHeader(path)).toThrow(sentence);
});

test("a list of 2^23 numbers in a small file is refused before memory is taken for it", async () => {
  const bytes = Buffer.from([4, 0, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0]);
  const path = await written(ggufFile({ a: { type: 9, bytes } }));
  expect(() => readGgufHeader(path)).toThrow(/the list "a" takes 33554432 bytes, but only \d+ are left/);
});

test("a file that is not there, and a folder, are said so", async () => {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  expect(() => readGgufHeader(join(path, "none.gguf"))).toThrow(/There is no GGUF file/);
  expect(() => readGgufHeader(path)).toThrow(/is a folder; expected a GGUF file/);
});

test("1,500 broken files are read or refused", async () => {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  const random = createRandom(77);
  const make = (index: number): Uint8Array =>
    index % 4 === 0 ? whole.subarray(0, random.integer(whole.length)) : mutatedBytes(whole, random);
  const counts = await survives(1500, make, async (bytes: Uint8Array) => {
    await writeFile(join(path, "broken.gguf"), bytes);
    return readGgufHeader(join(path, "broken.gguf"));
  });
  expect(counts.read).toBeGreaterThan(20);
  expect(counts.refused).toBeGreaterThan(800);
});
