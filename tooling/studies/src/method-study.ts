import { StudyConfig, STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import type { z } from "zod";

/** The grid that fronts of so many objectives are measured on. */
const DIVISIONS: Record<number, number> = { 2: 10, 3: 5 };

/** Strengths that each method may choose from on validation prompts. */
export const STRENGTHS = [0.7, 1, 1.5, 2, 3, 4] as const;

/**
 * The study of the page: the shipped template `methods` with one seed for everything, the pairs and the prompts of rounds
 * included, so that seeds are replicates of the whole. All weights are float32: seeds may be made on machines whose defaults
 * differ.
 */
export function methodStudy(objectives: 2 | 3, seed: number): StudyConfig {
  const { config } = STUDY_TEMPLATES.find(({ name }) => name === "methods")!;
  const given: z.input<typeof StudyConfig> = {
    ...config,
    baseWeights: "float32",
    task: { type: "tiny-world", objectives },
    divisions: DIVISIONS[objectives],
    seeds: [seed],
    seed,
  };
  return StudyConfig.parse(given);
}
