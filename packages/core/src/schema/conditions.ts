import { z } from "zod";

/** What else a figure depends on; two figures compare where those that both know are the same. */
export const MeasuringConditions = z.strictObject({
  split: z.string().optional().describe("which prompts, of which part of the data"),
  decoding: z.string().optional().describe("how tokens were chosen, how many at most"),
  samples: z.int().positive().optional().describe("answers to a prompt at each preference"),
  baseWeights: z.string().optional().describe("number format of the base model's matrices; read from the scores"),
  scorer: z.string().optional().describe("what scored the answers"),
});
export type MeasuringConditions = z.infer<typeof MeasuringConditions>;

/** What people call them. */
export const CONDITIONS: Record<keyof MeasuringConditions, string> = {
  split: "data split",
  decoding: "decoding",
  samples: "number of samples",
  baseWeights: "base weights",
  scorer: "scorer",
};

/** The conditions that two figures both know and that are not the same. */
export function differingConditions(
  one: MeasuringConditions | undefined,
  other: MeasuringConditions | undefined,
): (keyof MeasuringConditions)[] {
  return (Object.keys(CONDITIONS) as (keyof MeasuringConditions)[]).filter((key) => {
    const [here, there] = [one?.[key], other?.[key]];
    return here !== undefined && there !== undefined && here !== there;
  });
}
