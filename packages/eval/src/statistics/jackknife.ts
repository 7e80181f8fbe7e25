import type { EvaluationConfig } from "@uniarm/core/schema";
import { figuresOf, figuresOfMeans } from "../figures.ts";
import type { RewardTable } from "../reward-table.ts";

/** The figures by which methods are compared. */
export type ComparedFigure = "hypervolume" | "meanInnerProduct";
export const COMPARED_FIGURES: readonly ComparedFigure[] = ["hypervolume", "meanInnerProduct"];

/**
 * What each prompt adds to a front's figures, [P] each: Tukey's pseudo-values P f - (P - 1) f without the prompt. Of a mean they
 * are the prompts' own values; for hypervolume, which is not additive, they are its first-order share.
 */
export function pseudoValues(table: RewardTable, config: EvaluationConfig): Record<ComparedFigure, Float64Array> {
  const { promptIds, preferences, objectiveCount, rewards } = table;
  const prompts = promptIds.length;
  const whole = figuresOf(table, config);
  const values = { hypervolume: new Float64Array(prompts), meanInnerProduct: new Float64Array(prompts) };
  for (let prompt = 0; prompt < prompts; prompt++) {
    const means = whole.mean.map((row, w) =>
      row.map((mean, k) => {
        const own = rewards[(w * prompts + prompt) * objectiveCount + k]!;
        return prompts === 1 ? mean : mean + (mean - own) / (prompts - 1); // the mean without the prompt
      }),
    );
    const without = figuresOfMeans(preferences, means, config);
    for (const figure of COMPARED_FIGURES)
      values[figure][prompt] = whole[figure] + (prompts - 1) * (whole[figure] - without[figure]);
  }
  return values;
}
