import type { BasePoint, FrontPoint } from "./evaluation.ts";
import type { Fluency } from "./fluency.ts";

/**
 * Share of repeated 4-grams above the base model's own (above 0 where that is not known) from which texts count as loops.
 * Prose repeats few of the 4-grams within an answer, a loop such as "A: A: A:" nearly all: a fifth more is far from both.
 */
export const REPEATED_ABOVE_BASE = 0.2;
/**
 * How many times the base model's perplexity is far from what it says: at 5, a token costs 1.6 nats more than the base's own
 * would, beyond what steering towards likely answers takes.
 */
export const PERPLEXITY_TIMES_BASE = 5;
/** How much smaller the share of answers that end by themselves may be: at 0.5, half of the ends that the base finds are lost. */
export const ENDED_BELOW_BASE = 0.5;

/** Where the text of a front is no longer what the base model would call language: a sentence for each such point. */
export function degenerateText({
  points,
  base,
}: {
  points: readonly Pick<FrontPoint, "preference" | "fluency">[];
  base?: Pick<BasePoint, "fluency"> | undefined;
}): string[] {
  return points.flatMap(({ preference, fluency }) => {
    const signs = fluency ? signsOf(fluency, base?.fluency) : [];
    const at = preference.map((entry) => String(Number(entry.toFixed(3)))).join(", ");
    return signs.length === 0 ? [] : [`at preference (${at}) ${signs.join(", and ")}`];
  });
}

function signsOf(own: Fluency, base: Fluency | undefined): string[] {
  const [repeated, usual] = [own.repeatedFourGrams.value, base?.repeatedFourGrams.value ?? null];
  const [perplexity, basic] = [own.basePerplexity.value, base?.basePerplexity.value ?? null];
  const signs: string[] = [];
  if (repeated !== null && repeated > (usual ?? 0) + REPEATED_ABOVE_BASE)
    signs.push(
      `${percent(repeated)} of an answer's 4-grams are repeated${usual === null ? "" : ` (base ${percent(usual)})`}`,
    );
  if (perplexity !== null && basic !== null && perplexity > PERPLEXITY_TIMES_BASE * basic)
    signs.push(`the perplexity under the base is ${perplexity.toFixed(1)} (base ${basic.toFixed(1)})`);
  if (base && own.endedShare < base.endedShare - ENDED_BELOW_BASE)
    signs.push(`${percent(own.endedShare)} of the answers end by themselves (base ${percent(base.endedShare)})`);
  return signs;
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
