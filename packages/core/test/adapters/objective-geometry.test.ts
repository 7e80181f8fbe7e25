import { describe, expect, test } from "vitest";
import { objectiveGeometry } from "../../src/adapters/objective-geometry.ts";
import { objectiveVectors } from "../../src/adapters/objective-vectors.ts";
import { symmetricEigen } from "../../src/adapters/symmetric-eigen.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { createRandom } from "../../src/tensor/random.ts";
import { byteTokenizer, expectNoTensorLeak, tinyModel } from "../../src/testing/index.ts";

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, entry, axis) => sum + entry * b[axis]!, 0);

/** K directions that share most of themselves, as the embeddings of short texts do (cosines about .9). */
function similar(objectives: number, width = 24): number[][] {
  const random = createRandom(objectives);
  const draw = (): number[] => Array.from({ length: width }, () => random.normal());
  const common = draw();
  return Array.from({ length: objectives }, () => draw().map((entry, axis) => 3 * (common[axis]! + 0.3 * entry)));
}

const expectEqual = (actual: number[][], expected: number[][]): void => {
  actual.forEach((row, index) => row.forEach((entry, axis) => expect(entry).toBeCloseTo(expected[index]![axis]!, 10)));
};

describe.each([2, 3, 5, 8])("%i objectives", (objectives) => {
  const vectors = similar(objectives);

  test.each(["raw", "centred", "orthonormal", "simplex"] as const)(
    "%s vectors have unit length, and length or order of the given ones changes nothing",
    (geometry) => {
      const result = objectiveGeometry(vectors, geometry);
      for (const vector of result) expect(dot(vector, vector)).toBeCloseTo(1, 10);
      expectEqual(
        objectiveGeometry(
          vectors.map((vector, index) => vector.map((entry) => entry * (index + 0.5))),
          geometry,
        ),
        result,
      );
      expectEqual(objectiveGeometry([...vectors].reverse(), geometry).reverse(), result);
    },
  );

  test("simplex vectors have all cosines -1 / (K - 1) and sum to 0", () => {
    const result = objectiveGeometry(vectors, "simplex");
    result.forEach((one, i) =>
      result.forEach((other, j) => expect(dot(one, other)).toBeCloseTo(i === j ? 1 : -1 / (objectives - 1), 10)),
    );
    result[0]!.forEach((_, axis) => expect(result.reduce((sum, vector) => sum + vector[axis]!, 0)).toBeCloseTo(0, 10));
  });

  test("orthonormal vectors are orthogonal, span the same space and are the nearest such ones", () => {
    const units = objectiveGeometry(vectors, "raw");
    const result = objectiveGeometry(vectors, "orthonormal");
    result.forEach((one, i) => result.forEach((other, j) => expect(dot(one, other)).toBeCloseTo(i === j ? 1 : 0, 10)));
    for (const vector of units)
      expect(result.reduce((sum, axis) => sum + dot(vector, axis) ** 2, 0)).toBeCloseTo(1, 10);
    // nearest: the overlap <units, result> is a symmetric matrix with a positive trace (polar factor)
    const overlap = units.map((vector) => result.map((axis) => dot(vector, axis)));
    overlap.forEach((row, i) => row.forEach((entry, j) => expect(entry).toBeCloseTo(overlap[j]![i]!, 10)));
    overlap.forEach((row, i) => expect(row[i]).toBeGreaterThan(0));
  });

  test("orthonormal vectors stay as they are", () => {
    const result = objectiveGeometry(vectors, "orthonormal");
    expectEqual(objectiveGeometry(result, "orthonormal"), result);
  });

  test("centred vectors lose what they share", () => {
    const mean = (list: number[][]): number[] =>
      list[0]!.map((_, axis) => list.reduce((sum, vector) => sum + vector[axis]!, 0));
    const common = mean(objectiveGeometry(vectors, "raw"));
    const [before, after] = (["raw", "centred"] as const).map((geometry) =>
      Math.max(...objectiveGeometry(vectors, geometry).map((vector) => Math.abs(dot(vector, common)))),
    );
    expect(after!).toBeLessThan(0.4 * before!);
  });
});

test("with two objectives simplex is the same as centred", () => {
  expectEqual(objectiveGeometry(similar(2), "simplex"), objectiveGeometry(similar(2), "centred"));
});

test("one objective keeps its direction", () => {
  for (const geometry of ["raw", "centred", "orthonormal", "simplex"] as const)
    expectEqual(objectiveGeometry([[3, 4]], geometry), [[0.6, 0.8]]);
});

test("vectors that cannot be told apart are refused, with the closest pair", () => {
  const [a, b] = similar(2) as [number[], number[]];
  for (const geometry of ["centred", "orthonormal", "simplex"] as const) {
    expect(() => objectiveGeometry([a, a], geometry)).toThrow(
      "The objective vectors cannot be told apart: the closest, objectives 1 and 2, have cosine 1.000000.",
    );
  }
  expect(() => objectiveGeometry([a, b, b], "simplex")).toThrow("objectives 2 and 3, have cosine 1.000000");
  expect(() =>
    objectiveGeometry(
      [
        [1, 0],
        [0, 1],
        [1, 1],
      ],
      "simplex",
    ),
  ).toThrow("3 objectives do not fit 2 dimensions");
  expect(objectiveGeometry([a, a], "raw")).toHaveLength(2);
  expect(() =>
    objectiveGeometry(
      [
        [0, 0],
        [0, 1],
      ],
      "raw",
    ),
  ).toThrow("An objective vector has length 0; it needs a direction.");
});

test.each([1, 2, 3, 8, 16])("eigenvectors of a symmetric %i x %i matrix give it back", (n) => {
  const random = createRandom(n);
  const half = Array.from({ length: n }, () => Array.from({ length: n }, () => random.normal()));
  const matrix = half.map((one) => half.map((other) => dot(one, other)));
  const { values, vectors } = symmetricEigen(matrix);
  const rebuilt = matrix.map((_, row) =>
    matrix.map((__, column) =>
      values.reduce((sum, value, index) => sum + value * vectors[row]![index]! * vectors[column]![index]!, 0),
    ),
  );
  expectEqual(rebuilt, matrix);
  vectors.forEach((row, i) => vectors.forEach((other, j) => expect(dot(row, other)).toBeCloseTo(i === j ? 1 : 0, 10)));
});

describe("objective vectors of descriptions", () => {
  test("one-hot vectors are axes, whatever the descriptions say", async () => {
    const model = await tinyModel({ random: createRandom(1) });
    const own = { embedding: "one-hot", geometry: "raw", random: createRandom(5) } as const;
    const vectors = await objectiveVectors(model, byteTokenizer(), ["Same.", "Same."], own);
    const width = model.config.hiddenSize;
    expect(vectors).toEqual([0, 1].map((row) => Array.from({ length: width }, (_, axis) => Number(axis === row))));
    disposeTransformer(model);
  });

  const options = { geometry: "simplex" as const, random: createRandom(5) };
  const descriptions = ["Give useful steps.", "Stay away from danger.", "Be funny."];

  test.each(["mean-last-hidden", "last-token", "mean-input-embedding", "random"] as const)(
    "%s: a unit vector each, as wide as the model, the same every time",
    async (embedding) => {
      const model = await tinyModel();
      await expectNoTensorLeak(async () => {
        const make = (): Promise<number[][]> =>
          objectiveVectors(model, byteTokenizer(), descriptions, { ...options, embedding });
        const vectors = await make();
        expect(vectors.map((vector) => vector.length)).toEqual([16, 16, 16]);
        for (const vector of vectors) expect(dot(vector, vector)).toBeCloseTo(1, 10);
        expect(await make()).toEqual(vectors);
      });
      disposeTransformer(model);
    },
  );

  test("an empty description is refused", async () => {
    const model = await tinyModel();
    await expect(
      objectiveVectors(model, byteTokenizer(), ["fine", ""], { ...options, embedding: "last-token" }),
    ).rejects.toThrow('Objective 2 has the description "", which has no tokens. Describe it in words.');
    disposeTransformer(model);
  });
});
