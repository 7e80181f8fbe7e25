import { z } from "zod";
import { MaxNewTokens, PromptsOrReference, ProtocolChoice, ScorerChoice } from "./fields.ts";

/**
 * Rounds in which the ARM answers training prompts over the grid of preferences, its answers are scored and paired, and it is
 * trained on by all pairs. Each continues from the ARM of the one before.
 */
export const Exploration = z
  .strictObject({
    rounds: z.int().min(1).max(50).default(3).describe("rounds of answers of its own that the ARM is trained on"),
    roundSteps: z.int().positive().default(100).describe("optimizer steps of a round"),
    roundPrompts: z.int().positive().default(100).describe("training prompts that are answered in a round"),
    roundDivisions: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe(
        "steps between the preference vectors that they are answered at; default: 10 for two objectives, 4 for three, else 2",
      ),
    roundStrength: z
      .number()
      .positive()
      .default(2)
      .describe("strength at which they are answered; of ARMs, a tuned policy answers alone"),
    roundTemperature: z.number().positive().default(1).describe("temperature at which they are answered"),
    roundSamples: z.int().positive().default(4).describe("answers to each prompt under each preference"),
    maxNewTokens: MaxNewTokens,
    scorer: ScorerChoice,
    validationPrompts: PromptsOrReference.optional().describe(
      "held-out prompts on which each round's front is measured; without them all rounds are made",
    ),
    validationDivisions: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe("steps between the preference vectors of those fronts; default: as roundDivisions"),
    validationStrength: z
      .number()
      .positive()
      .default(2)
      .describe("strength at which those fronts are decoded; of ARMs, a tuned policy answers alone"),
    protocol: ProtocolChoice.optional().describe("how those fronts are measured; validationPrompts need it"),
    until: z
      .enum(["no-gain", "all-rounds"])
      .default("no-gain")
      .describe(
        "no-gain: also end after a round whose front gained nothing beyond its interval, and keep the ARM before it; without validationPrompts all rounds are made",
      ),
  })
  .superRefine(({ validationPrompts, protocol }, context) => {
    if ((validationPrompts === undefined) === (protocol === undefined)) return;
    context.addIssue({
      code: "custom",
      path: ["protocol"],
      message: "validationPrompts and protocol go together: give both, or neither",
    });
  });
export type Exploration = z.infer<typeof Exploration>;

/** Steps of a grid of about a dozen preference vectors. */
export const defaultDivisions = (objectives: number): number => ([10, 10, 10, 4] as const)[objectives] ?? 2;
