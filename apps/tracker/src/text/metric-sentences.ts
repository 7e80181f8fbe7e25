import { EVALUATION_METRICS } from "@uniarm/core/schema";

/** One sentence for each figure, shown where the figure is shown. */
export const SENTENCES = {
  hypervolume: `${EVALUATION_METRICS.hypervolume.sentence} Larger is better.`,
  share: "Hypervolume as a share of the exact optimum's at the same preferences.",
  meanInnerProduct: `${EVALUATION_METRICS.meanInnerProduct.sentence} Larger is better.`,
  poolRegret: `${EVALUATION_METRICS.poolRegret.sentence} Smaller is better.`,
  spread:
    "Share of the range from nadir to ideal that the undominated points span, averaged over objectives; larger is wider.",
  undominated: "Points that no other point of the same front equals or beats in all objectives at once.",
} as const;
