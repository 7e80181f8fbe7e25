import { restoreRandom, type Random, type RandomState, type TrainingConfig } from "@uniarm/core";

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
      const perRow = config.preferencePer === "row";
      const distinct = Array.from({ length: perRow ? rows : 1 }, () => preferences.dirichlet(concentration));
      const loss = Array.from({ length: rows }, (_, row) => distinct[perRow ? row : 0]!);
      if (!config.preferenceShuffled) return { loss, shown: loss };
      const shown =
        distinct.length > 1 ? otherRows(distinct, shuffle) : loss.map(() => shuffle.dirichlet(concentration));
      return { loss, shown };
    },
    state: () => ({ preferences: preferences.state(), shuffle: shuffle.state() }),
  };
}

/** Hands every row the preference of another row: one random cycle through all of them. */
function otherRows(preferences: readonly number[][], random: Random): number[][] {
  const cycle = random.shuffle(preferences.map((_, row) => row));
  const shown: number[][] = [];
  cycle.forEach((row, place) => (shown[row] = preferences[cycle[(place + 1) % cycle.length]!]!));
  return shown;
}
