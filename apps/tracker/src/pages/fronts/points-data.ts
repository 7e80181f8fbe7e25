import type { Front } from "../../api/types.ts";
import type { ChartData } from "../../charts/data-table.tsx";
import type { Explored } from "./explored.ts";
import { dominanceIn } from "./geometry.ts";
import { DOMINANCE_WORDS } from "./pair-option.ts";

/** All points of fronts of one protocol as rows. */
export function pointsData(
  fronts: readonly Explored[],
  objectives: readonly string[],
  axes?: readonly number[],
): ChartData {
  return {
    columns: [
      "front",
      "method",
      "run",
      "protocol",
      "position",
      ...objectives.map((name) => `preference ${name}`),
      ...objectives.flatMap((name) => [name, `${name} low`, `${name} high`, `${name} normalised`]),
      "prompts",
      "dominance",
    ],
    rows: fronts.flatMap(({ front, label }) => {
      const dominance = dominanceIn(
        front.points.map(({ mean }) => mean),
        axes ?? objectives.map((_, axis) => axis),
      );
      return front.points.map(({ position, preference, mean, low, high, normalised, promptCount }) => [
        label,
        front.method,
        front.run.name,
        front.protocolHash.slice(0, 12),
        position,
        ...preference,
        ...mean.flatMap((value, axis) => [value, low[axis] ?? null, high[axis] ?? null, normalised[axis] ?? null]),
        promptCount,
        DOMINANCE_WORDS[dominance[position]!],
      ]);
    }),
  };
}

/** Fronts as they are stored, with their protocol. */
export const frontsJson = (fronts: readonly Front[]): string => `${JSON.stringify({ fronts }, null, 2)}\n`;
