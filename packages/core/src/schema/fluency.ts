import { z } from "zod";
import { Measure } from "./measure.ts";

/** Whether the answers at one preference are still language; rewards alone do not say. Each has its sentence in EVALUATION_METRICS. */
export const Fluency = z.strictObject({
  answers: z.int().positive(),
  basePerplexity: Measure.describe("under the base model, over all tokens of the answers, their ends included"),
  repeatedFourGrams: Measure,
  distinctTwo: Measure.describe("distinct-2"),
  endedShare: z.number().describe("share of the answers that did not come to the limit of tokens"),
  lengthTokens: z.number().describe("mean number of tokens of an answer, without the one that ends it"),
});
export type Fluency = z.infer<typeof Fluency>;
