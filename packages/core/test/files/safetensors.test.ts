import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  float32Of,
  HEADER_LIMIT_BYTES,
  parseSafetensors,
  readSafetensors,
  writeSafetensors,
} from "../../src/files/safetensors.ts";
import { temporaryFolder } from "../../src/testing/index.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const tensors = {
  "layers.1.weight": { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 1e-30, Infinity, -0) },
  "a.scalar": { shape: [], data: Float32Array.of(7) },
  "b.empty": { shape: [0, 4], data: new Float32Array(0) },
  "c.ids": { shape: [3], data: Int32Array.of(-1, 0, 2 ** 31 - 1) },
};

/** A file with any header text and body. */
function fileOf(header: unknown, bodyBytes: number, lie: { headerBytes?: bigint } = {}): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(lie.headerBytes ?? BigInt(json.byteLength));
  return Buffer.concat([size, json, Buffer.alloc(bodyBytes)]);
}
const f32 = (shape: unknown, data_offsets: unknown, dtype: unknown = "F32"): object => ({ dtype, shape, data_offsets });
const reading = (file: Uint8Array) => () => parseSafetensors(file, "weights.safetensors");

test("what is written is read back: names, shapes, dtypes, every bit, metadata", async () => {
  const path = join(folder.path, "round-trip.safetensors");
  await writeSafetensors(path, tensors, { format: "pt" });
  const read = await readSafetensors(path);
  expect(read.metadata).toEqual({ format: "pt" });
  expect([...read.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    const entry = read.tensors.get(name)!;
    expect(entry.shape).toEqual(shape);
    expect(entry.dtype).toBe(data instanceof Int32Array ? "I32" : "F32");
    expect(Buffer.from(entry.bytes)).toEqual(Buffer.from(data.buffer));
  }
  expect(Object.is(float32Of(read.tensors.get("layers.1.weight")!)[5], -0)).toBe(true);
});

test("the order in which tensors are given does not change the file", async () => {
  const [one, other] = [join(folder.path, "one.safetensors"), join(folder.path, "other.safetensors")];
  await writeSafetensors(one, tensors);
  await writeSafetensors(other, Object.fromEntries(Object.entries(tensors).reverse()));
  expect(await readFile(one)).toEqual(await readFile(other));
});

test("tensors begin at a multiple of 8 bytes, so that float32 is read without a copy", async () => {
  const path = join(folder.path, "aligned.safetensors");
  await writeSafetensors(path, { x: { shape: [1], data: Float32Array.of(2) } });
  const { bytes } = (await readSafetensors(path)).tensors.get("x")!;
  expect(bytes.byteOffset % 8).toBe(0);
  expect(float32Of({ dtype: "F32", bytes }).buffer).toBe(bytes.buffer);
});

test("a shape that does not fit its data is not written", async () => {
  const path = join(folder.path, "misfit.safetensors");
  await expect(writeSafetensors(path, { x: { shape: [2, 2], data: Float32Array.of(1, 2, 3) } })).rejects.toThrow(
    `Tensor x for ${path} has 3 elements but shape [2, 2]; expected 4 elements.`,
  );
});

test("a name such as __proto__ is only a name", async () => {
  const path = join(folder.path, "proto.safetensors");
  await writeSafetensors(path, Object.fromEntries([["__proto__", { shape: [1], data: Float32Array.of(3) }]]));
  expect([...(await readSafetensors(path)).tensors.keys()]).toEqual(["__proto__"]);
});

describe("half precision", () => {
  const bits = (...values: number[]): Uint8Array => new Uint8Array(Uint16Array.from(values).buffer);

  test("float16 widens to the same values, subnormal and infinite ones too", () => {
    const bytes = bits(0x3c00, 0xc000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x8000, 0x3555);
    const values = [1, -2, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, Infinity, -Infinity, -0, 0.333251953125];
    expect([...float32Of({ dtype: "F16", bytes })]).toEqual(values);
    expect(float32Of({ dtype: "F16", bytes: bits(0x7e00) })[0]).toBeNaN();
  });

  test("bfloat16 is the upper half of a float32", () => {
    expect([...float32Of({ dtype: "BF16", bytes: bits(0x3f80, 0xc020, 0x7f80, 0x0001) })]).toEqual([
      1,
      -2.5,
      Infinity,
      2 ** -133,
    ]);
  });

  test("unaligned bytes are read too", () => {
    const shifted = new Uint8Array(5);
    shifted.set(new Uint8Array(Float32Array.of(1.5).buffer), 1);
    expect([...float32Of({ dtype: "F32", bytes: shifted.subarray(1) })]).toEqual([1.5]);
  });

  test("integers are not taken for weights", () => {
    expect(() => float32Of({ dtype: "I32", bytes: new Uint8Array(4) })).toThrow(
      "A tensor has dtype I32; expected F32, F16 or BF16.",
    );
  });

  test.each([
    ["F64", 8],
    ["F8_E4M3", 1],
    ["U16", 2],
    ["F31_NEW", 3],
  ])("a tensor of %s is refused where it is used, by its name and file, and the others are read", (dtype, bytes) => {
    const file = fileOf({ odd: f32([1], [0, bytes], dtype), fine: f32([1], [bytes, bytes + 4]) }, bytes + 4);
    const { tensors: read } = reading(file)();
    expect([...float32Of(read.get("fine")!)]).toEqual([0]);
    expect(() => float32Of(read.get("odd")!)).toThrow(
      expect.objectContaining({
        code: "safetensors-dtype",
        message:
          `Tensor odd of weights.safetensors has dtype ${dtype}; expected F32, F16 or BF16. ` +
          "Save the weights as one of them, in Python: model.to(torch.bfloat16).save_pretrained(folder)",
      }),
    );
  });

  test("elements of half a byte are counted", () => {
    expect(reading(fileOf({ x: f32([4], [0, 2], "F4") }, 2))().tensors.get("x")!.bytes).toHaveLength(2);
    expect(reading(fileOf({ x: f32([4], [0, 4], "F4") }, 4))).toThrow("expected 2 bytes for F4 of shape [4]");
  });
});

describe("a file that is not there or not whole", () => {
  test("a missing file is named", async () => {
    const path = join(folder.path, "nowhere.safetensors");
    await expect(readSafetensors(path)).rejects.toMatchObject({
      code: "safetensors-missing",
      message: `There is no safetensors file ${path}. Check the path.`,
    });
    await expect(readSafetensors(folder.path)).rejects.toThrow(
      `${folder.path} is a folder; expected a safetensors file.`,
    );
  });

  test("a file cut in the header says how much of it is there", async () => {
    const path = join(folder.path, "cut.safetensors");
    await writeSafetensors(path, tensors);
    const whole = await readFile(path);
    const headerBytes = Number(whole.readBigUInt64LE());
    for (const size of [0, 7]) {
      await writeFile(path, whole.subarray(0, size));
      await expect(readSafetensors(path)).rejects.toThrow(
        `${path} is cut off: it has ${size} bytes; expected at least the 8 of the header's length.`,
      );
    }
    await writeFile(path, whole.subarray(0, 100));
    await expect(readSafetensors(path)).rejects.toMatchObject({
      code: "safetensors-truncated",
      message: `${path} is cut off: its header is ${headerBytes} bytes long, but only 92 bytes of it are there. Copy or download the file again.`,
    });
  });

  test("a file cut in the tensors says how many bytes they take and how many are there", async () => {
    const path = join(folder.path, "cut-body.safetensors");
    await writeSafetensors(path, tensors);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, -10));
    await expect(readSafetensors(path)).rejects.toMatchObject({
      code: "safetensors-truncated",
      message: `${path} is cut off: its tensors take 40 bytes, but only 30 bytes of them are there. Copy or download the file again.`,
    });
  });

  test("every possible cut of a file is noticed", async () => {
    const path = join(folder.path, "cuts.safetensors");
    await writeSafetensors(path, tensors);
    const whole = await readFile(path);
    for (let size = 0; size < whole.byteLength; size++) expect(reading(whole.subarray(0, size))).toThrow("is cut off");
  });
});

describe("a header that lies", () => {
  const cases: [string, Uint8Array, string][] = [
    [
      "a length above the limit",
      fileOf({}, 0, { headerBytes: 2n ** 63n }),
      `it claims a length of ${2n ** 63n} bytes; the limit is ${HEADER_LIMIT_BYTES} bytes`,
    ],
    ["no JSON", fileOf("{nonsense", 0), "it is not JSON"],
    ["no UTF-8", Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe]), "it is not UTF-8 text"],
    ["a list", fileOf("[1]", 0), "it is [1]; expected an object of tensors"],
    ["null", fileOf("null", 0), "it is null; expected an object of tensors"],
    [
      "a tensor that is a number",
      fileOf({ x: 3 }, 0),
      'tensor "x" is 3; expected an object with dtype, shape and data_offsets',
    ],
    [
      "a dtype in small letters",
      fileOf({ x: f32([1], [0, 4], "f32") }, 4),
      'tensor "x" has dtype "f32"; expected a name',
    ],
    [
      "a dtype that objects inherit",
      fileOf({ x: f32([1], [0, 4], "toString") }, 4),
      'tensor "x" has dtype "toString"; expected',
    ],
    ["no dtype", fileOf({ x: { shape: [1], data_offsets: [0, 4] } }, 4), 'tensor "x" has dtype missing; expected'],
    [
      "a negative axis",
      fileOf({ x: f32([-1], [0, 4]) }, 4),
      'tensor "x" has shape [-1]; expected a list of whole numbers, none negative',
    ],
    ["a fractional axis", fileOf({ x: f32([1.5], [0, 6]) }, 6), 'tensor "x" has shape [1.5]; expected'],
    ["a shape that is text", fileOf({ x: f32("1", [0, 4]) }, 4), 'tensor "x" has shape "1"; expected'],
    ["an overflowing shape", fileOf({ x: f32([2 ** 40, 2 ** 40], [0, 4]) }, 4), "is more elements than any file holds"],
    [
      "an infinite offset",
      fileOf('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,1e999]}}', 4),
      'tensor "x" has data_offsets [0,null]; expected [begin, end]',
    ],
    [
      "three offsets",
      fileOf({ x: f32([1], [0, 4, 8]) }, 4),
      'tensor "x" has data_offsets [0,4,8]; expected [begin, end]',
    ],
    [
      "an end before its begin",
      fileOf({ x: f32([1], [4, 0]) }, 4),
      'tensor "x" has data_offsets [4, 0]; its begin must not be after its end',
    ],
    [
      "a wrong size",
      fileOf({ x: f32([2], [0, 4]) }, 4),
      'tensor "x" has 4 bytes, data_offsets [0, 4]; expected 8 bytes for F32 of shape [2]',
    ],
    [
      "an overlap",
      fileOf({ x: f32([2], [0, 8]), y: f32([2], [4, 12]) }, 12),
      'tensor "y" begins at byte 4, inside "x", which ends at byte 8',
    ],
    [
      "two tensors in one place",
      fileOf({ x: f32([1], [0, 4]), y: f32([1], [0, 4]) }, 4),
      'tensor "y" begins at byte 0, inside "x"',
    ],
    [
      "a hole",
      fileOf({ x: f32([1], [0, 4]), y: f32([1], [8, 12]) }, 12),
      'bytes 4 to 8 before tensor "y" belong to no tensor',
    ],
    ["a hole at the start", fileOf({ x: f32([1], [4, 8]) }, 8), 'bytes 0 to 4 before tensor "x" belong to no tensor'],
    [
      "trailing bytes",
      fileOf({ x: f32([1], [0, 4]) }, 9),
      "its tensors take 4 bytes, but 9 bytes follow; expected nothing after the last tensor",
    ],
    [
      "one name twice",
      fileOf(
        '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0078":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      'the name "x" appears twice',
    ],
    [
      "one field twice",
      fileOf('{"x":{"dtype":"F32","shape":[9],"shape":[1],"data_offsets":[0,4]}}', 4),
      'the name "shape" appears twice',
    ],
    [
      "metadata that is not text",
      fileOf({ __metadata__: { a: 1 } }, 0),
      '__metadata__ is {"a":1}; expected an object of strings',
    ],
    ["a name of a megabyte", fileOf({ ["n".repeat(1e6)]: 3 }, 0), `tensor "${"n".repeat(79)}... is 3;`],
  ];

  test.each(cases)("%s is refused", (_, file, sentence) => {
    expect(reading(file)).toThrow(expect.objectContaining({ code: "safetensors-header" }));
    expect(reading(file)).toThrow(sentence);
    expect(reading(file)).toThrow("weights.safetensors has an invalid safetensors header: ");
  });

  test("a tensor beyond the end of the file is a cut-off file", () => {
    expect(reading(fileOf({ x: f32([1000], [0, 4000]) }, 16))).toThrow(
      "its tensors take 4000 bytes, but only 16 bytes of them are there",
    );
  });

  test("quotes and brackets inside names confuse nothing", () => {
    const name = '"{[:\\"]}",\\';
    const file = fileOf({ [name]: f32([1], [0, 4]), __metadata__: { '{"': "[", '["': ":" } }, 4);
    expect([...reading(file)().tensors.keys()]).toEqual([name]);
  });
});
