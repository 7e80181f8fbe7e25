import type { MosLoraConfig } from "../schema/adapter.ts";
import { UniArmError } from "../schema/error.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

/** Vectors whose Gram matrix has an eigenvalue below this differ by no more than rounding: nothing steers along it. */
export const SMALLEST_EIGENVALUE = 1e-6;

/**
 * Arranges K objective vectors [K][d] relative to each other; every result has unit length.
 * - raw: unit length only
 * - centred: their mean subtracted
 * - orthonormal: the orthonormal vectors nearest to them (Löwdin), which treats all objectives alike
 * - simplex: orthonormal, then centred: all cosines are -1 / (K - 1)
 *
 * A single objective has nothing to be centred against and keeps its direction.
 * @throws UniArmError objectives-alike when the vectors are too close to be told apart
 */
export function objectiveGeometry(
  vectors: readonly (readonly number[])[],
  geometry: MosLoraConfig["objectiveGeometry"],
): number[][] {
  const units = vectors.map((vector) => unit(vector));
  if (geometry === "raw" || units.length === 1) return units;
  if (geometry === "centred") return centred(units);
  const orthonormal = loewdin(units);
  return geometry === "simplex" ? centred(orthonormal) : orthonormal;
}

function centred(vectors: readonly number[][]): number[][] {
  const mean = vectors[0]!.map((_, axis) => vectors.reduce((sum, vector) => sum + vector[axis]!, 0) / vectors.length);
  return vectors.map((vector) => {
    const rest = vector.map((entry, axis) => entry - mean[axis]!);
    if (dot(rest, rest) < SMALLEST_EIGENVALUE) throw alike(vectors);
    return unit(rest);
  });
}

/** Rows of G^(-1/2) X, G = X X^T: of all orthonormal sets the one with the least squared distance to the rows of X. */
function loewdin(vectors: readonly number[][]): number[][] {
  const gram = vectors.map((one) => vectors.map((other) => dot(one, other)));
  const { values, vectors: axes } = symmetricEigen(gram);
  if (Math.min(...values) < SMALLEST_EIGENVALUE) throw alike(vectors);
  const inverseRoot = gram.map((_, row) =>
    gram.map((__, column) =>
      values.reduce((sum, value, index) => sum + (axes[row]![index]! * axes[column]![index]!) / Math.sqrt(value), 0),
    ),
  );
  return inverseRoot.map((weights) =>
    vectors[0]!.map((_, axis) => weights.reduce((sum, weight, row) => sum + weight * vectors[row]![axis]!, 0)),
  );
}

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, entry, axis) => sum + entry * b[axis]!, 0);

export function unit(vector: readonly number[]): number[] {
  const length = Math.sqrt(dot(vector, vector));
  if (!(length > 0) || !Number.isFinite(length)) {
    throw new UniArmError(
      "objective-vector-zero",
      `An objective vector has length ${length}; it needs a direction. Give the objective another description.`,
    );
  }
  return vector.map((entry) => entry / length);
}

function alike(vectors: readonly number[][]): UniArmError {
  const [K, d] = [vectors.length, vectors[0]!.length];
  const pairs = vectors.flatMap((one, i) => vectors.slice(0, i).map((other, j) => ({ i, j, cosine: dot(one, other) })));
  const closest = pairs.reduce((best, pair) => (pair.cosine > best.cosine ? pair : best));
  const why =
    K > d
      ? `${K} objectives do not fit ${d} dimensions`
      : `the closest, objectives ${closest.j + 1} and ${closest.i + 1}, have cosine ${closest.cosine.toFixed(6)}`;
  return new UniArmError(
    "objectives-alike",
    `The objective vectors cannot be told apart: ${why}. Describe the objectives in different words, or set objectiveGeometry to raw.`,
  );
}
