import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cpuPaths, withCpuPath } from "../../src/tensor/cpu-path.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { disposeMatrix, frozenProduct, linear, matrixValues } from "../../src/tensor/matrix.ts";
import { nativeOps, storedAs } from "../../src/tensor/native.ts";
import {
  BLOCK_FORMATS,
  matrixOfBlocks,
  quantize,
  quantizedProduct,
  quantizedRows,
  type BlockFormat,
  type QuantizedMatrix,
} from "../../src/tensor/quantized.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { blockValues } from "../support/block-values.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

await openEngine();

const random = createRandom(11);
const drawn = (rows: number, columns: number, scale = 1): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: rows * columns }, () => scale * random.normal()),
    [rows, columns],
  );
/** Values that are freed once they are rounded. */
function rounded(values: tf.Tensor2D, format: "Q8_0" | "Q4_0" | "Q4_1"): QuantizedMatrix {
  const matrix = quantize(values, format, "float32");
  values.dispose();
  return matrix;
}
const numbersOf = (x: tf.Tensor): number[] => Array.from(x.dataSync());
const relative = (found: tf.Tensor, expected: tf.Tensor): number =>
  tf.tidy(() => tf.div(tf.norm(tf.sub(found, expected)), tf.norm(expected)).dataSync()[0]!);
const ROUNDED = ["Q8_0", "Q4_0", "Q4_1"] as const;
const FORMATS = Object.keys(BLOCK_FORMATS) as BlockFormat[];

/** Any bytes are numbers in these layouts but for their halves, which must be finite. */
function drawnBytes(format: BlockFormat, rows: number, columns: number): Uint8Array {
  const { columns: each, bytes } = BLOCK_FORMATS[format];
  const made = Uint8Array.from({ length: (rows * columns * bytes) / each }, () => random.integer(256));
  for (let at = 0; at < made.length; at += bytes)
    for (const upper of format === "Q8_0" || format === "Q4_0" ? [1] : [1, 3]) made[at + upper]! &= 0xb3;
  return made;
}

describe.skipIf(nativeOps() === null)("matrices in blocks", () => {
  const golden = join(import.meta.dirname, "..", "golden", "gguf-blocks");
  const expected = JSON.parse(readFileSync(join(golden, "expect.json"), "utf8")) as Record<
    BlockFormat,
    { shape: [number, number]; first16: number[]; last16: number[]; rowSums: number[]; rowSquares: number[] }
  >;

  test.each(FORMATS)("%s of a GGUF file means the numbers that are expected of it", (format) => {
    const { shape, first16, last16, rowSums, rowSquares } = expected[format];
    const bytes = new Uint8Array(readFileSync(join(golden, `${format}.bin`)));
    const matrix = matrixOfBlocks(format, shape, bytes);
    const values = tf.tidy(() => numbersOf(matrixValues(matrix)));
    const near = (found: readonly number[], wanted: readonly number[]): void => {
      for (const [index, value] of wanted.entries())
        expect(Math.abs(found[index]! - value)).toBeLessThan(1e-6 * Math.abs(value) + 1e-6);
    };
    near(values.slice(0, 16), first16);
    near(values.slice(-16), last16);
    const rows = rowSums.map((_, row) => values.slice(row * shape[1], (row + 1) * shape[1]));
    for (const [row, own] of rows.entries()) {
      expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(rowSums[row]!, 4);
      expect(own.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(rowSquares[row]!, 4);
    }
    disposeMatrix(matrix);
  });

  test.each(FORMATS)("%s is read number for number as its layout is written down, in any order of rows", (format) => {
    const [rows, columns] = [37, 512]; // two groups of sixteen and a part
    const bytes = drawnBytes(format, rows, columns);
    const matrix = matrixOfBlocks(format, [rows, columns], bytes);
    const wanted = blockValues(format, bytes);
    const order = [36, 0, 17, 17, 31];
    const found = tf.tidy(() => numbersOf(quantizedRows(matrix, tf.tensor1d(order, "int32"))));
    const ordered = order.flatMap((row) => wanted.slice(row * columns, (row + 1) * columns));
    const largest = Math.max(...wanted.map(Math.abs));
    expect(largestDifference(found, ordered) / largest).toBeLessThan(1e-6);
    disposeMatrix(matrix);
  });

  test.each(FORMATS)("%s times activations is the float product, by every path that this CPU has", async (format) => {
    expect(cpuPaths()).toContain("portable");
    await expectNoTensorLeak(() => {
      for (const [count, rows] of [
        [1, 16],
        [3, 45],
        [13, 100],
        [60, 33],
      ] as const) {
        const matrix = matrixOfBlocks(format, [rows, 1024], drawnBytes(format, rows, 1024));
        tf.tidy(() => {
          const x = drawn(count, 1024);
          const wanted = tf.matMul(x, matrixValues(matrix), false, true);
          // activations are rounded to 16 bits of their block's largest: 2^-16 / sqrt(3) of it, each apart
          for (const path of cpuPaths())
            expect(
              relative(
                withCpuPath(path, () => quantizedProduct(x, matrix)),
                wanted,
              ),
              path,
            ).toBeLessThan(4e-5);
        });
        disposeMatrix(matrix);
      }
    });
  });

  test("a row's product does not depend on the rows beside it: the same bits alone and among 99 others", () => {
    const matrix = rounded(drawn(70, 100), "Q4_1");
    tf.tidy(() => {
      const x = drawn(100, 100);
      for (const path of cpuPaths())
        withCpuPath(path, () => {
          const together = numbersOf(quantizedProduct(x, matrix));
          const alone = [0, 47, 99].map((row) => numbersOf(quantizedProduct(tf.slice(x, [row, 0], [1, -1]), matrix)));
          expect(alone.flat()).toEqual([0, 47, 99].flatMap((row) => together.slice(row * 70, (row + 1) * 70)));
        });
    });
    disposeMatrix(matrix);
  });

  // uniform rounding errors of a block's step over a normal distribution's deviation
  test.each([
    ["Q8_0", 0.006],
    ["Q4_0", 0.09],
    ["Q4_1", 0.075],
  ] as const)(
    "rounding to %s errs by at most %d of the weights' size, and the same in their product",
    (format, most) => {
      tf.tidy(() => {
        for (const [rows, columns] of [
          [64, 1024],
          [50, 70],
        ] as const) {
          const weights = drawn(rows, columns, 0.02);
          const matrix = quantize(weights, format, "float32");
          expect(relative(matrixValues(matrix), weights)).toBeLessThan(most);
          const x = drawn(64, columns);
          expect(relative(frozenProduct(x, matrix), tf.matMul(x, weights, false, true))).toBeLessThan(1.05 * most);
          disposeMatrix(matrix);
        }
      });
    },
  );

  test("what a format can hold exactly stays as it is, quantized again", () => {
    tf.tidy(() => {
      for (const format of ROUNDED) {
        const first = quantize(drawn(20, 96), format, "float32");
        const again = quantize(matrixValues(first), format, "float32");
        const apart = relative(matrixValues(again), matrixValues(first));
        expect(apart, format).toBeLessThan(format === "Q8_0" ? 1e-3 : 1e-2);
        disposeMatrix(first);
        disposeMatrix(again);
      }
    });
  });

  test("bfloat16 weights are quantized as the float32 numbers that they are", () => {
    tf.tidy(() => {
      const narrow = storedAs(drawn(33, 64), "bfloat16");
      const [of16, of32] = [
        quantize(narrow as tf.Tensor2D, "Q8_0", "bfloat16"),
        quantize(storedAs(narrow, "float32") as tf.Tensor2D, "Q8_0", "float32"),
      ];
      expect(numbersOf(of16.values)).toEqual(numbersOf(of32.values));
      disposeMatrix(of16);
      disposeMatrix(of32);
    });
  });

  test.each(FORMATS)("the gradient of a product with %s is that of the float product", async (format) => {
    const [rows, columns] = [150, 768];
    await expectNoTensorLeak(() => {
      const matrix = matrixOfBlocks(format, [rows, columns], drawnBytes(format, rows, columns));
      tf.tidy(() => {
        const [x, dy] = [drawn(201, columns), drawn(201, rows)];
        const found = tf.grad((input: tf.Tensor) => tf.sum(tf.mul(linear(input, matrix), dy)))(x);
        expect(relative(found, tf.matMul(dy, matrixValues(matrix)))).toBeLessThan(3e-6);
      });
      disposeMatrix(matrix);
    });
  });

  test("activations that are not finite, or all zero, give what a float product gives", () => {
    tf.tidy(() => {
      const matrix = quantize(drawn(18, 64), "Q8_0", "float32");
      for (const bad of [NaN, Infinity, -Infinity]) {
        const x = tf.tensor2d([new Array<number>(63).fill(1).concat(bad), new Array<number>(64).fill(0)]);
        for (const path of cpuPaths()) {
          const found = numbersOf(withCpuPath(path, () => quantizedProduct(x, matrix)));
          expect(found.slice(0, 18).some(Number.isFinite)).toBe(false);
          expect(found.slice(18)).toEqual(new Array(18).fill(0));
        }
      }
      disposeMatrix(matrix);
    });
  });

  test("weights that are not finite, bytes of another size and rows outside the matrix are refused", () => {
    tf.tidy(() => {
      const weights = tf.tensor2d([[1, NaN]]);
      expect(() => quantize(weights, "Q8_0", "float32", "model.norm.weight")).toThrow(
        /^model\.norm\.weight, to be held as Q8_0, has a number that is not finite/,
      );
      expect(() => matrixOfBlocks("Q4_0", [2, 64], new Uint8Array(71))).toThrow(
        "A matrix [2, 64] was given 71 bytes of Q4_0. Its rows must be a multiple of 32 long, and each 32 numbers take 18 bytes (here 72 in all)",
      );
      expect(() => matrixOfBlocks("Q8_0", [1, 32], new Uint8Array(34).fill(0xff))).toThrow("not finite");
      const matrix = quantize(tf.ones([3, 32]), "Q8_0", "float32");
      expect(() => quantizedRows(matrix, tf.tensor1d([3], "int32"))).toThrow("outside the matrix");
      disposeMatrix(matrix);
    });
  });

  test("a path that this CPU lacks is refused with those that it has", () => {
    const before = process.env.UNIARM_CPU;
    const matrix = rounded(tf.ones([3, 32]), "Q8_0");
    const unknown = (["neon", "avx512", "vnni"] as const).find((path) => !cpuPaths().includes(path))!;
    try {
      process.env.UNIARM_CPU = unknown;
      expect(() => tf.tidy(() => quantizedProduct(tf.ones([1, 32]), matrix))).toThrow(
        `UNIARM_CPU is "${unknown}", but this CPU lacks those instructions. Here it may be ${cpuPaths().join(", ")}`,
      );
      process.env.UNIARM_CPU = "mmx";
      expect(() => tf.tidy(() => quantizedProduct(tf.ones([1, 32]), matrix))).toThrow("there are no such instructions");
      process.env.UNIARM_CPU = "portable";
      expect(tf.tidy(() => numbersOf(quantizedProduct(tf.ones([1, 32]), matrix)))[0]).toBeCloseTo(32, 1);
    } finally {
      if (before === undefined) delete process.env.UNIARM_CPU;
      else process.env.UNIARM_CPU = before;
      disposeMatrix(matrix);
    }
  });
});
