import { changesHead, LOGITS_BYTES, logitsOf, tf, type AdapterRows, type Transformer } from "@uniarm/core";
import type { Fusion } from "@uniarm/core/schema";
import { evenParts } from "./even-parts.ts";
import { guidedScores } from "./fusion/product.ts";
import { disposeLogits, partsOf, type GuidedLogits } from "./guided-logits.ts";

/** Final hidden states of one model: what its logits of the rows' next tokens are made of. */
export interface PassStates {
  model: Transformer;
  /** [R,d], one for all rows of the batch that have read the same */
  states: tf.Tensor2D;
  /** [parts * N]: which of them each row of the batch reads, part by part */
  places: readonly number[];
  /** what acts on them; it is the pass's, so that it holds until that goes on */
  adapters: readonly AdapterRows[];
}

/** What the next tokens of N rows follow from, of the base model and of each lane, and what makes one distribution of it. */
export interface GuidedStates {
  /** N */
  rows: number;
  /** of the base model, if it was run, and of the lanes; of all in one where they are of one model */
  passes: readonly PassStates[];
  hasBase: boolean;
  fusion: Fusion;
  /** [L][N]: c_l of each row */
  coefficients: readonly (readonly number[])[];
  /** logits of tokens from here on are left out */
  vocabulary: number;
}

export const disposeStates = ({ passes }: Pick<GuidedStates, "passes">): void =>
  tf.dispose(passes.map(({ states }) => states));

/**
 * Whether one product over the vocabulary gives the guided scores: base and ARMs of a product have the head W in common, and
 * nothing but a factor lies between it and the logits, so that W h_base + sum_l c_l W h_l = W (h_base + sum_l c_l h_l).
 */
export function sharesHead({ passes, hasBase, fusion }: GuidedStates): boolean {
  const [pass, ...others] = passes;
  if (!pass || others.length > 0 || !hasBase || fusion.rule !== "product") return false;
  return !changesHead(pass.adapters) && pass.model.config.logits?.softCap === undefined;
}

/**
 * Logits of the next tokens of some rows, which are the caller's (`disposeLogits`). Where one head product does, it alone is
 * made, and stands for a base's without lanes; where the parts are wanted too, tokens are still chosen by it, so that they do
 * not depend on what else is asked.
 * @param rows places in the batch; default: all
 */
export function logitsOfRows(
  next: GuidedStates,
  { rows = allRows(next), apart = false }: { rows?: readonly number[]; apart?: boolean } = {},
): GuidedLogits {
  const { passes, hasBase, fusion, vocabulary } = next;
  const coefficients = next.coefficients.map((lane) => rows.map((row) => lane[row]!));
  const placesOf = ({ places }: PassStates): number[] =>
    startsOf(places, next.rows).flatMap((start) => rows.map((row) => places[start + row]!));
  const cut = (logits: tf.Tensor): tf.Tensor2D =>
    logits.shape[1] === vocabulary
      ? (logits as tf.Tensor2D)
      : tf.slice(logits as tf.Tensor2D, [0, 0], [-1, vocabulary]);
  const isShared = sharesHead(next);
  const parts = (): tf.Tensor2D =>
    tf.tidy(() => {
      const read = passes.map((pass) => cut(passLogits(pass, placesOf(pass))));
      return read.length === 1 ? read[0]! : tf.concat(read, 0); // [(1 + L) n, V]
    });
  const together = (): tf.Tensor2D =>
    tf.tidy(() => {
      const [pass] = passes as [PassStates];
      const states = rowsAt(pass.states, placesOf(pass)); // [(1 + L) n, d]
      return cut(logitsOf(pass.model, sumOfParts(states, coefficients))); // [n,V]
    });
  if (isShared && !apart) return { logits: together(), hasBase, fusion, coefficients: [] };
  const logits = { logits: parts(), hasBase, fusion, coefficients };
  return isShared ? { ...logits, scores: together() } : logits;
}

/** h_base + sum_l c_l h_l of states [(1 + L) n, d] -> [n,d]; the rule is that of logits, which are linear in them. */
function sumOfParts(states: tf.Tensor2D, coefficients: GuidedStates["coefficients"]): tf.Tensor2D {
  const [base, ...lanes] = tf.split<tf.Tensor2D>(states, 1 + coefficients.length, 0);
  return guidedScores(
    base!,
    lanes.map((logits, lane) => ({ logits, coefficients: tf.tensor1d([...coefficients[lane]!]) })),
  );
}

/**
 * Does `work` with the logits of some rows at a time, so that all of them never take room at once.
 * @returns what it returned for each row, in their order
 */
export async function eachOfRows<T>(
  next: GuidedStates,
  apart: boolean,
  work: (logits: GuidedLogits, rows: readonly number[]) => Promise<readonly T[]>,
  bytes = LOGITS_BYTES,
): Promise<T[]> {
  const products = Number(sharesHead(next)) + (apart || !sharesHead(next) ? partsOf(next) : 0);
  const isWhole = next.passes.some(({ adapters }) => changesHead(adapters)); // those act on all rows of their pass
  const all = allRows(next);
  const results: T[] = [];
  for (const { start, end } of evenParts(all.length, isWhole ? all.length : bytes / (4 * next.vocabulary * products))) {
    const rows = all.slice(start, end);
    const some = logitsOfRows(next, { rows, apart });
    try {
      for (const result of await work(some, rows)) results.push(result);
    } finally {
      disposeLogits(some);
    }
  }
  return results;
}

/** Logits [places, V] of some of a pass's states, which may repeat; for the caller's tidy. */
function passLogits({ model, states, adapters }: PassStates, places: readonly number[]): tf.Tensor2D {
  if (changesHead(adapters)) return rowsAt(logitsOf(model, states, adapters) as tf.Tensor2D, places);
  const distinct = [...new Set(places)].sort((one, other) => one - other);
  const at = new Map(distinct.map((place, index) => [place, index]));
  const logits = logitsOf(model, rowsAt(states, distinct)) as tf.Tensor2D;
  return rowsAt(
    logits,
    places.map((place) => at.get(place)!),
  );
}

/** Rows of x [R, ...], which may repeat; x itself where they are its own. For the caller's tidy. */
export function rowsAt(x: tf.Tensor2D, places: readonly number[]): tf.Tensor2D {
  if (places.length === x.shape[0] && places.every((place, row) => place === row)) return x;
  return tf.gather(x, tf.tensor1d(Int32Array.from(places), "int32"));
}

/** Where each part begins in the places of a pass. */
const startsOf = (places: readonly number[], rows: number): number[] =>
  Array.from({ length: places.length / rows }, (_, part) => part * rows);

const allRows = ({ rows }: GuidedStates): number[] => Array.from({ length: rows }, (_, row) => row);
