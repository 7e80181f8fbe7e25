import type { Series } from "../api/types.ts";

/** Where lines lie: by steps, seconds since their run began, times of the day, or tokens until then. */
export const X_AXES = ["step", "time", "clock", "tokens"] as const;
export type XAxis = (typeof X_AXES)[number];

/** How pages name them. */
export const X_LABELS: Record<XAxis, string> = {
  step: "step",
  time: "time since start",
  clock: "time of day",
  tokens: "tokens",
};

/** Axes for which a history brings the times of its points along. */
export const isTimed = (x: XAxis): boolean => x === "time" || x === "clock";

export interface Known {
  startedAt: string | null;
  tokens: Series | undefined;
}

/** Where the points of a series lie on the x axis; undefined: at their steps. Null: that point's place is not known. */
export function placesOn(x: XAxis, series: Series, { startedAt, tokens }: Known): (number | null)[] | undefined {
  if (x === "step") return undefined;
  if (x === "clock") return series.time ?? series.step.map(() => null);
  if (startedAt === null) return undefined;
  if (x === "time") {
    const start = Date.parse(startedAt);
    return series.time?.map((ms) => (ms === null ? null : (ms - start) / 1000)) ?? series.step.map(() => null);
  }
  if (!tokens) return undefined;
  const seen = cumulative(tokens);
  return series.step.map((step) => seen(step));
}

/** Tokens up to a step: the metric says them for each step. */
function cumulative({ step, value, count }: Series): (at: number) => number | null {
  let sum = 0;
  const sums = value.map((mean, index) => (sum += (mean ?? 0) * (count[index] ?? 1)));
  return (at) => {
    let low = 0;
    let high = step.length - 1;
    if (high < 0 || step[0]! > at) return null;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (step[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return sums[low]!;
  };
}
