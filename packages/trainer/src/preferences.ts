import { restoreRandom, type Random, type RandomState } from "@uniarm/core";
import type { TrainingConfig } from "@uniarm/core/schema";

/** Preferences of the rows of one micro-batch, [B][K]. */
export interface DrawnPreferences {
  /** weights of the objectives in the loss */
  loss: number[][];
  /** what the adapter is shown; the same but in the shuffled control */
  shown: number[][];
}

export interface PreferenceSource {
  draw(rows: number): DrawnPreferences;
  /** Where the streams stand; `preferenceSource` goes on from there. */
  state(): { preferences: RandomState; shuffle: RandomState };
}

/** Draws from Dirichlet(c, ..., c), one preference for each row or one for all rows of a micro-batch. */
export function preferenceSource(
  config: Pick<TrainingConfig, "objectives" | "dirichletConcentration" | "preferencePer" | "preferenceShuffled">,
  random: Random,
  state?: ReturnType<PreferenceSource["state"]>,
): PreferenceSource {
  const preferences = state ? restoreRandom(state.preferences) : random.fork("preferences");
  const shuffle = state ? restoreRandom(state.shuffle) : random.fork("shuffle"); // a stream of its own: the control sees the same losses
  const concentration = config.objectives.map(() => config.dirichletConcentration);
  return {
    draw: (rows) => {
      const draws = (stream: Random): number[][] => {
        const distinct = Array.from({ length: config.preferencePer === "row" ? rows : 1 }, () =>
          stream.dirichlet(concentration),
        );
        return Array.from({ length: rows }, (_, row) => distinct[row] ?? distinct[0]!);
      };
      const loss = draws(preferences);
      // Drawn anew, not dealt from the other rows: what is left when a row's own is taken out leans the other way
      // (correlation -1 / (rows - 1)), and a guided decode amplifies that lean into steering backwards.
      return { loss, shown: config.preferenceShuffled ? draws(shuffle) : loss };
    },
    state: () => ({ preferences: preferences.state(), shuffle: shuffle.state() }),
  };
}
