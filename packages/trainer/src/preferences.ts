import { restoreRandom, type Random, type RandomState } from "@uniarm/core";
import type { TrainingConfig } from "@uniarm/core/schema";

/** Preferences of the pairs of one micro-batch, [B][K]. */
export interface DrawnPreferences {
  /** weights of the objectives in the loss */
  lossPreferences: number[][];
  /** what the adapter is given: the same, except in the shuffled control */
  shownPreferences: number[][];
}

export interface PreferenceSource {
  draw(pairs: number): DrawnPreferences;
  /** Where the streams stand; `preferenceSource` continues from there. */
  state(): { preferences: RandomState; shuffle: RandomState };
}

/** Draws from Dirichlet(c, ..., c), one preference for each pair or one for all pairs of a micro-batch. */
export function preferenceSource(
  config: Pick<TrainingConfig, "objectives" | "dirichletConcentration" | "preferencePer" | "preferenceShuffled">,
  random: Random,
  state?: ReturnType<PreferenceSource["state"]>,
): PreferenceSource {
  const preferences = state ? restoreRandom(state.preferences) : random.fork("preferences");
  const shuffle = state ? restoreRandom(state.shuffle) : random.fork("shuffle"); // a stream of its own, so that the control has the same losses
  const concentration = config.objectives.map(() => config.dirichletConcentration);
  return {
    draw: (pairs) => {
      const draws = (stream: Random): number[][] => {
        const distinct = Array.from({ length: config.preferencePer === "row" ? pairs : 1 }, () =>
          stream.dirichlet(concentration),
        );
        return Array.from({ length: pairs }, (_, pair) => distinct[pair] ?? distinct[0]!);
      };
      const lossPreferences = draws(preferences);
      // Drawn anew, not dealt from the other pairs: without a pair's own preference, the others lean the opposite way
      // (correlation -1 / (pairs - 1)), and guided decoding would amplify that into steering backwards.
      return { lossPreferences, shownPreferences: config.preferenceShuffled ? draws(shuffle) : lossPreferences };
    },
    state: () => ({ preferences: preferences.state(), shuffle: shuffle.state() }),
  };
}
