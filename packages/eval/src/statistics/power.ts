import { UniArmError, type Measure, type VarianceComponents } from "@uniarm/core/schema";
import { normalBelow, studentQuantile } from "./student.ts";

/** What separating two methods depends on. */
export interface PowerQuestion {
  /** true difference of the figure, not 0 */
  difference: number;
  /** variances of the paired difference, as a comparison gives them for each pair of methods */
  components: { [Part in keyof VarianceComponents]: number };
  /** probability of a false positive */
  level?: number;
}

const MOST = 1_000_000;

/**
 * Probability that Student's test over `seeds` x `prompts` separates two methods:
 *
 *   V = seed / S + prompt / P + both / (S P),  power = P(|T'| > t) of the noncentral t with shift |difference| / sqrt(V),
 *
 * degrees of freedom as `crossedSpread` has them, from the expected mean squares, and the noncentral distribution by the normal approximation
 * of Abramowitz & Stegun 26.7.10.
 * @throws UniArmError power-question
 */
export function power(question: PowerQuestion, { seeds, prompts }: { seeds: number; prompts: number }): number {
  checkQuestion(question);
  if (!(Number.isInteger(seeds) && seeds >= 2 && Number.isInteger(prompts) && prompts >= 2))
    throw refusal(`${seeds} seeds and ${prompts} prompts; a test over both needs at least two of each`);
  const { difference, components, level = 0.05 } = question;
  const both = components.both;
  const [bySeed, byPrompt] = [both + prompts * components.seed, both + seeds * components.prompt];
  const sum = bySeed + byPrompt - both;
  if (sum === 0) return 1;
  const spread = bySeed ** 2 / (seeds - 1) + byPrompt ** 2 / (prompts - 1) + both ** 2 / ((seeds - 1) * (prompts - 1));
  const degrees = seeds === 2 ? 1 : Math.max(Math.min(seeds, prompts) - 1, sum ** 2 / spread);
  const shift = Math.abs(difference) / Math.sqrt(sum / (seeds * prompts));
  const limit = studentQuantile(1 - level, degrees);
  const above = (t: number): number =>
    normalBelow((shift - t * (1 - 1 / (4 * degrees))) / Math.sqrt(1 + (t * t) / (2 * degrees)));
  return above(limit) + 1 - above(-limit);
}

/** The fewest seeds that separate the methods with probability `wanted` on so many prompts. */
export function neededSeeds(question: PowerQuestion, prompts: number, wanted = 0.8): Measure {
  return fewest(wanted, (seeds) => power(question, { seeds, prompts }), `${prompts} prompts`, "seeds");
}

/** The fewest prompts that separate the methods with probability `wanted` over so many seeds. */
export function neededPrompts(question: PowerQuestion, seeds: number, wanted = 0.8): Measure {
  return fewest(wanted, (prompts) => power(question, { seeds, prompts }), `${seeds} seeds`, "prompts");
}

function fewest(wanted: number, powerAt: (count: number) => number, given: string, what: string): Measure {
  if (!(wanted > 0 && wanted < 1)) throw refusal(`a wanted power of ${wanted}; expected more than 0 and less than 1`);
  let high = 2;
  while (powerAt(high) < wanted) {
    high *= 2;
    if (high <= MOST) continue;
    const reason = `With ${given}, no number of ${what} up to ${MOST} separates the methods with probability ${wanted}.`;
    return { value: null, reason };
  }
  let low = Math.max(1, high / 2); // too few, or the least there is
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (powerAt(middle) >= wanted) high = middle;
    else low = middle;
  }
  return { value: high };
}

function checkQuestion({ difference, components, level = 0.05 }: PowerQuestion): void {
  if (!Number.isFinite(difference) || difference === 0)
    throw refusal(`a difference of ${difference}; expected a finite number that is not 0`);
  const odd = Object.entries(components).find(([, variance]) => !(Number.isFinite(variance) && variance >= 0));
  if (odd) throw refusal(`a variance of ${odd[1]} for ${odd[0]}; expected a finite number that is not negative`);
  if (!(level > 0 && level < 1)) throw refusal(`a level of ${level}; expected more than 0 and less than 1`);
}

const refusal = (what: string): UniArmError =>
  new UniArmError("power-question", `The power of a comparison was asked for ${what}. Change it.`);
