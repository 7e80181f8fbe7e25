import { generate, type Decoder, type Generated, type GenerateOptions } from "./generate.ts";
import type { DecodingRow } from "./rows.ts";

/**
 * Best of n: `bestOf` responses are drawn for each row, each from a stream of its own, and the one is kept that the ARMs give
 * the largest reward, r = sum over tokens and ARMs of c_l log p_l (an ARM's sequence reward, weighted as in decoding); of
 * equal ones the first drawn. A larger n draws the same responses and more. Yields and throws as `generate` does.
 */
export async function* generateBest(
  decoder: Decoder,
  rows: readonly DecodingRow[],
  { bestOf, ...options }: GenerateOptions & { bestOf: number },
): AsyncGenerator<number, Generated[]> {
  const draws = rows.flatMap((row) => Array.from({ length: bestOf }, (_, draw): DecodingRow => ({ ...row, draw })));
  const steps = generate(decoder, draws, { ...options, armLogProbs: true });
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done) return rows.map((_, row) => mostRewarded(step.value.slice(row * bestOf, (row + 1) * bestOf)));
      yield Math.floor(step.value / bestOf);
    }
  } finally {
    await steps.return([]); // frees the batch when the consumer stopped early
  }
}

const mostRewarded = (drawn: readonly Generated[]): Generated =>
  drawn.reduce((best, other) => (other.armLogProbNats! > best.armLogProbNats! ? other : best));
