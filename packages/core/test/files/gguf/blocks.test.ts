import { join } from "node:path";
import { expect, test } from "vitest";
import { narrowBfloat16 } from "../../../src/files/half-precision.ts";
import { readGgufHeader } from "../../../src/files/gguf/header.ts";
import { storedBfloat16, storedValues } from "../../../src/files/stored-values.ts";
import type { StoredTensor } from "../../../src/files/stored-tensor.ts";
import { loadTensor } from "../../../src/model/file-source.ts";
import { openEngine } from "../../../src/tensor/engine.ts";
import { goldenFolder, readGolden } from "../../support/golden.ts";

interface Golden {
  tolerance: { relative: number; absolute: number };
  files: Record<
    string,
    {
      format: string;
      tensor: string;
      shape: number[];
      first16: number[];
      last16: number[];
      rowSums: number[];
      rowSquares: number[];
    }
  >;
}

const { tolerance, files } = readGolden<Golden>("gguf/expect.json");

const open = (file: string, name: string): StoredTensor => {
  const path = join(goldenFolder, "gguf", file);
  return { ...readGgufHeader(path).tensors.get(name)!, path };
};

test("fourteen formats are held against numbers", () => {
  expect(Object.keys(files)).toHaveLength(14);
});

test.each(Object.entries(files))(
  "the numbers of %s are those that another implementation reads",
  async (file, golden) => {
    const tensor = open(file, golden.tensor);
    expect(tensor).toMatchObject({ dtype: golden.format, shape: golden.shape });
    await openEngine();
    const loaded = loadTensor(new Map([[golden.tensor, tensor]]), golden.tensor, golden.shape, file);
    const values = [...(await loaded.data<"float32">())];
    loaded.dispose();
    const isClose = (own: readonly number[], expected: readonly number[]): void => {
      own.forEach((value, index) => {
        const difference = Math.abs(value - expected[index]!);
        expect(difference, `${file} ${index}`).toBeLessThanOrEqual(
          tolerance.absolute + tolerance.relative * Math.abs(expected[index]!),
        );
      });
      expect(own).toHaveLength(expected.length);
    };
    const [rows, columns] = golden.shape as [number, number];
    const row = (index: number): number[] => values.slice(index * columns, (index + 1) * columns);
    const each = Array.from({ length: rows }, (_, index) => row(index));
    isClose(values.slice(0, 16), golden.first16);
    isClose(values.slice(-16), golden.last16);
    isClose(
      each.map((list) => list.reduce((sum, value) => sum + value, 0)),
      golden.rowSums,
    );
    isClose(
      each.map((list) => list.reduce((sum, value) => sum + value * value, 0)),
      golden.rowSquares,
    );
  },
);

test("blocks become the bfloat16 that their float32 would be rounded to", () => {
  for (const [file, { tensor }] of Object.entries(files)) {
    const stored = open(file, tensor);
    const bits = storedBfloat16(stored);
    if (["F32", "F16", "BF16"].includes(stored.dtype)) expect(bits).toBeNull();
    else expect(bits).toEqual(narrowBfloat16(storedValues(stored)));
  }
});

test("a type that is not read is named", () => {
  const tensor = { ...open("q4_0.gguf", "t.weight"), dtype: "IQ2_XS" };
  expect(() => storedValues(tensor)).toThrow(
    /Tensor t\.weight of .* is stored as IQ2_XS; read are F32, F16, BF16, .*Q4_K.*\. Take a file of the same model in one of them/,
  );
});
