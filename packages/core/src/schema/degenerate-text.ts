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

/** Points that a sentence names; of a longer list nobody reads the end. */
const NAMED_POINTS = 3;

/**
 * Where the text of a front is no longer what the base model would call language: a phrase for each of the worst points, and
 * how many more there are.
 */
export function degenerateText({
  points,
  base,
}: {
  points: readonly Pick<FrontPoint, "preference" | "fluency">[];
  base?: Pick<BasePoint, "fluency"> | undefined;
}): string[] {
  const lost = points
    .map(({ preference, fluency }) => ({ preference, signs: fluency ? signsOf(fluency, base?.fluency) : [] }))
    .filter(({ signs }) => signs.length > 0)
    .sort((one, other) => worst(other.signs) - worst(one.signs));
  const named = lost.slice(0, NAMED_POINTS).map(({ preference, signs }) => {
    const at = preference.map((entry) => String(Number(entry.toFixed(3)))).join(", ");
    return `at preference (${at}) ${signs.map(({ text }) => text).join(", and ")}`;
  });
  const more = lost.length - named.length;
  return more > 0 ? [...named, `and at ${more} more of ${points.length} preferences`] : named;
}

interface Sign {
  /** how far beyond its limit, as a multiple of it */
  excess: number;
  text: string;
}

const worst = (signs: readonly Sign[]): number => Math.max(...signs.map(({ excess }) => excess));

function signsOf(own: Fluency, base: Fluency | undefined): Sign[] {
  const [repeated, usual] = [own.repeatedFourGrams.value, base?.repeatedFourGrams.value ?? null];
  const [perplexity, basic] = [own.basePerplexity.value, base?.basePerplexity.value ?? null];
  const signs: Sign[] = [];
  if (repeated !== null && repeated > (usual ?? 0) + REPEATED_ABOVE_BASE)
    signs.push({
      excess: (repeated - (usual ?? 0)) / REPEATED_ABOVE_BASE,
      text: `${percent(repeated)} of an answer's 4-grams are repeated${usual === null ? "" : ` (base ${percent(usual)})`}`,
    });
  if (perplexity !== null && basic !== null && perplexity > PERPLEXITY_TIMES_BASE * basic)
    signs.push({
      excess: perplexity / (PERPLEXITY_TIMES_BASE * basic),
      text: `the perplexity under the base is ${perplexity.toFixed(1)} (base ${basic.toFixed(1)})`,
    });
  if (base && own.endedShare < base.endedShare - ENDED_BELOW_BASE)
    signs.push({
      excess: (base.endedShare - own.endedShare) / ENDED_BELOW_BASE,
      text: `${percent(own.endedShare)} of the answers end by themselves (base ${percent(base.endedShare)})`,
    });
  return signs;
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
