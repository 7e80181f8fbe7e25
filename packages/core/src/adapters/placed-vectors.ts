import type { MosLoraConfig } from "../schema/adapter.ts";
import { UniArmError } from "../schema/error.ts";
import { dot, SMALLEST_EIGENVALUE, unit } from "./objective-geometry.ts";

/**
 * How far a stored vector may lie outside of what the descriptions span: texts as alike as are allowed leave float32
 * embeddings about this much room between two engines.
 */
const FOREIGN = 0.02;

/**
 * Where a geometry puts objectives that come later, beside vectors [K][d] that stay as they are; unit length. With e the part
 * of the new text that no known text has, as a unit vector:
 * - raw: the new text itself; centred: less the mean of the known texts
 * - orthonormal: e, the nearest vector that is orthogonal to all known ones
 * - simplex: e less the centre of the known ones, where a simplex of all would have it
 *
 * @param known texts of the objectives that are there, as embedded [K][d]; they say where the stored vectors came from
 * @throws UniArmError objective-vectors-foreign when they did not come from there; objectives-alike, objective-vector-zero
 */
export function placeObjectives(
  stored: readonly (readonly number[])[],
  known: readonly (readonly number[])[],
  added: readonly (readonly number[])[],
  geometry: MosLoraConfig["objectiveGeometry"],
): number[][] {
  checkOrigin(stored, known);
  const [first, ...others] = added;
  if (first === undefined) return [];
  const placed = placeOne(stored, known.map(unit), unit(first), geometry);
  return [placed, ...placeObjectives([...stored, placed], [...known, first], others, geometry)];
}

function placeOne(
  stored: readonly (readonly number[])[],
  known: readonly (readonly number[])[],
  text: readonly number[],
  geometry: MosLoraConfig["objectiveGeometry"],
): number[] {
  if (geometry === "raw") return [...text];
  if (geometry === "centred") return apart(minus(text, meanOf(known)));
  const own = apart(outside(text, orthonormalBasis(known)));
  if (geometry === "orthonormal") return own;
  const centre = centreOf(stored, known);
  return unit(minus(own, centre));
}

/**
 * The mean of the orthonormal vectors that the stored ones are the centred form of, whichever those were: it has length
 * 1 / sqrt(K) and is orthogonal to all of them. A single objective was not centred.
 */
function centreOf(stored: readonly (readonly number[])[], known: readonly (readonly number[])[]): number[] {
  const basis = orthonormalBasis(stored);
  // centred vectors leave one direction out; those that began as one objective span all of them
  if (basis.length === stored.length) return meanOf(basis);
  const rest = outside(meanOf(known), basis);
  return unit(rest).map((entry) => entry / Math.sqrt(stored.length));
}

function checkOrigin(stored: readonly (readonly number[])[], known: readonly (readonly number[])[]): void {
  const basis = orthonormalBasis(known.map(unit));
  const foreign = stored.findIndex((vector) => Math.sqrt(square(outside(vector, basis))) > FOREIGN);
  if (foreign < 0) return;
  throw new UniArmError(
    "objective-vectors-foreign",
    `The stored vector of objective ${foreign + 1} does not come from the objectives' descriptions, so no other can be put beside it. ` +
      "Give the descriptions and the base model that the checkpoint was trained with; objectiveEmbedding random also needs its seed.",
  );
}

/** Gram-Schmidt, twice over against rounding; directions that others have already are left out. */
function orthonormalBasis(vectors: readonly (readonly number[])[]): number[][] {
  const basis: number[][] = [];
  for (const vector of vectors) {
    const rest = outside(outside(vector, basis), basis);
    if (square(rest) > SMALLEST_EIGENVALUE * square(vector) * 1e-3) basis.push(unit(rest));
  }
  return basis;
}

/** The part of a vector that is orthogonal to an orthonormal basis. */
const outside = (vector: readonly number[], basis: readonly (readonly number[])[]): number[] =>
  basis.reduce<number[]>(
    (rest, axis) => {
      const along = dot(rest, axis);
      return rest.map((entry, place) => entry - along * axis[place]!);
    },
    [...vector],
  );

function apart(rest: number[]): number[] {
  if (square(rest) >= SMALLEST_EIGENVALUE) return unit(rest);
  throw new UniArmError(
    "objectives-alike",
    "The added objective cannot be told apart from those that are there: its description says nothing that theirs do not. Describe it in different words.",
  );
}

const square = (vector: readonly number[]): number => dot(vector, vector);
const minus = (one: readonly number[], other: readonly number[]): number[] =>
  one.map((entry, axis) => entry - other[axis]!);
const meanOf = (vectors: readonly (readonly number[])[]): number[] =>
  vectors[0]!.map((_, axis) => vectors.reduce((sum, vector) => sum + vector[axis]!, 0) / vectors.length);
