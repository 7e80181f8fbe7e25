import type { UncertainFigure } from "@uniarm/core/schema";
import type { RewardTable } from "../reward-table.ts";
import { crossedSpread, spreadInterval, type Contributions } from "./crossed.ts";
import type { ComparedFigure } from "./jackknife.ts";

/** One training of a method: its table, its figures, and what each prompt adds to them. */
export interface MeasuredRun {
  seed: number | null;
  table: RewardTable;
  figures: Record<ComparedFigure, number>;
  contributions: Record<ComparedFigure, Float64Array>;
}

export interface MeasuredMethod {
  name: string;
  runs: readonly MeasuredRun[];
}

/** A figure with its interval over the seeds and prompts that its contributions [S,P] are of. */
export function uncertain(
  value: number,
  contributions: Contributions,
  strata: readonly string[],
  confidence: number,
): UncertainFigure {
  const spread = crossedSpread(contributions, strata);
  return {
    value,
    interval: spread && spreadInterval(value, spread, confidence),
    standardError: spread?.standardError ?? null,
    over: contributions.length > 1 ? "seeds and prompts" : "prompts",
  };
}
