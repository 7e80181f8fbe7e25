/** Steps that a moving mean looks back on, about. */
const WINDOW = 20;

/** What stands beside the progress of a training: moving means of its steps' loss and accuracy. */
export interface TrainingNote {
  see: (event: { type: string; values?: Record<string, number> }) => void;
  /** empty while there is nothing to say */
  text: () => string;
}

export function trainingNote(): TrainingNote {
  const means = new Map<string, { sum: number; weight: number }>();
  const see: TrainingNote["see"] = ({ type, values = {} }) => {
    if (type !== "metric") return;
    for (const [name, value] of Object.entries(values)) {
      if (!/^(loss|accuracy(\/.+)?)$/.test(name)) continue;
      const { sum, weight } = means.get(name) ?? { sum: 0, weight: 0 };
      const keep = 1 - 1 / WINDOW;
      means.set(name, { sum: keep * sum + value, weight: keep * weight + 1 }); // the first ones are not drawn to 0
    }
  };
  const meanOf = (name: string): string | null => {
    const mean = means.get(name);
    return mean ? (mean.sum / mean.weight).toFixed(2) : null;
  };
  const text = (): string => {
    const [loss, accuracy] = [meanOf("loss"), meanOf("accuracy")];
    const each = [...means.keys()]
      .filter((name) => name.startsWith("accuracy/"))
      .map((name) => `${name.slice("accuracy/".length)} ${meanOf(name)}`);
    const parts = [
      loss && `loss ${loss}`,
      accuracy && `accuracy ${accuracy}${each.length > 1 ? ` (${each.join(", ")})` : ""}`,
    ];
    return parts.filter(Boolean).join(", ");
  };
  return { see, text };
}
