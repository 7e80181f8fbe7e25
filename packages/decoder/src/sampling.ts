import type { Random } from "@uniarm/core";
import type { SamplingConfig } from "@uniarm/core/schema";

/** The tokens that temperature and filters leave: probabilities that sum to 1, largest first. */
export interface Candidates {
  /** places in the row that was filtered */
  indices: Int32Array;
  probabilities: Float64Array;
}

/**
 * Temperature, then the topK largest, then top-p: sorted ascending, tokens whose cumulative probability is at most
 * 1 - topP are dropped (the largest always stays); then those below minP times the largest; the rest is renormalised. Of
 * equal tokens the lower index is kept.
 * Temperature 0 keeps only the largest.
 *
 * @param logProbs one row [V]
 */
export function filterCandidates(logProbs: Float32Array, sampling: SamplingConfig): Candidates {
  const { temperature, topK, topP, minP } = sampling;
  const largest = largestIndex(logProbs);
  if (temperature === 0) return { indices: Int32Array.of(largest), probabilities: Float64Array.of(1) };
  const weights = weightsOf(logProbs, temperature, logProbs[largest]!);
  let kept: Int32Array = Int32Array.from(weights.keys());
  if (topK > 0 && topK < kept.length) kept = descending(kept, weights).slice(0, topK);
  const total = sumAt(weights, kept);
  if (topP < 1) kept = mostLikely(kept, weights, total, topP);
  else kept = descending(kept, weights);
  if (minP > 0) kept = kept.filter((index) => weights[index]! >= minP); // the largest weight is 1
  const left = sumAt(weights, kept);
  return { indices: kept, probabilities: Float64Array.from(kept, (index) => weights[index]! / left) };
}

/**
 * One token of a row of log-probabilities [V] (as probabilities they sum to 1) -> its index. Each call draws one number
 * from the stream, so that the result of a row does not depend on its neighbours.
 */
export function drawToken(logProbs: Float32Array, sampling: SamplingConfig, random: Random): number {
  if (sampling.temperature === 0) return largestIndex(logProbs);
  const uniform = random.uniform();
  if (sampling.topK === 0 && sampling.topP === 1 && sampling.minP === 0)
    return drawUnfiltered(logProbs, sampling.temperature, uniform);
  const { indices, probabilities } = filterCandidates(logProbs, sampling);
  return indices[placeOf(probabilities, uniform)]!;
}

/** The first of the largest entries. */
export function largestIndex(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}

/** The hot path, for thousands of rows at every token: no sort; at temperature 1 a single pass that ends at the drawn token. */
function drawUnfiltered(logProbs: Float32Array, temperature: number, uniform: number): number {
  if (temperature !== 1) {
    const weights = weightsOf(logProbs, temperature, logProbs[largestIndex(logProbs)]!);
    return placeOf(weights, uniform * weights.reduce((sum, weight) => sum + weight, 0));
  }
  let left = uniform;
  for (let index = 0; index < logProbs.length; index++) {
    left -= Math.exp(logProbs[index]!);
    if (left < 0) return index;
  }
  return largestIndex(logProbs); // float32 rows may sum to slightly less than 1
}

/** exp((log p - largest) / temperature): proportional to the probabilities at that temperature, at most 1. */
function weightsOf(logProbs: Float32Array, temperature: number, largest: number): Float64Array {
  const weights = new Float64Array(logProbs.length);
  for (let index = 0; index < weights.length; index++)
    weights[index] = Math.exp((logProbs[index]! - largest) / temperature);
  return weights;
}

/** The first place where the running sum of `weights` passes `amount`. */
function placeOf(weights: Float64Array, amount: number): number {
  let left = amount;
  let last = 0;
  for (let place = 0; place < weights.length; place++) {
    if (weights[place]! <= 0) continue;
    last = place;
    left -= weights[place]!;
    if (left < 0) return place;
  }
  return last; // rounding may leave a little
}

function mostLikely(kept: Int32Array, weights: Float64Array, total: number, topP: number): Int32Array {
  const droppable = (1 - topP) * total;
  // Tokens this unlikely cannot reach `droppable` even together: they are dropped without sorting.
  const likely = kept.filter((index) => weights[index]! > droppable / kept.length);
  const sorted = descending(likely.length > 0 ? likely : kept, weights);
  let dropped = total - sumAt(weights, sorted);
  let count = sorted.length;
  while (count > 1 && dropped + weights[sorted[count - 1]!]! <= droppable) dropped += weights[sorted[--count]!]!;
  return sorted.slice(0, count);
}

const descending = (indices: Int32Array, weights: Float64Array): Int32Array =>
  indices.toSorted((one, other) => weights[other]! - weights[one]! || one - other);

function sumAt(weights: Float64Array, indices: Int32Array): number {
  let sum = 0;
  for (const index of indices) sum += weights[index]!;
  return sum;
}
