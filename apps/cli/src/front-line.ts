import type { EvaluationReport } from "@uniarm/core/schema";
import { formatEstimate } from "@uniarm/eval";

/** A front in one line of the terminal. */
export const frontLine = (name: string, { front }: EvaluationReport): string =>
  `${name}: hypervolume ${formatEstimate(front.hypervolume)}, mean inner product ${formatEstimate(front.meanInnerProduct)}`;
