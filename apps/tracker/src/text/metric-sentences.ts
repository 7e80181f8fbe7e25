/** One sentence for each figure, shown where the figure is shown. */
export const SENTENCES = {
  hypervolume: "Volume that the front dominates above its reference point, in normalised rewards; larger is better.",
  share: "Hypervolume as a share of the exact optimum's at the same preferences.",
  meanInnerProduct: "Mean over the grid of preference times mean reward, in raw rewards; larger is better.",
  spread:
    "Share of the range from nadir to ideal that the undominated points span, averaged over objectives; larger is wider.",
  undominated: "Points that no other point of the same front equals or beats in all objectives at once.",
} as const;
