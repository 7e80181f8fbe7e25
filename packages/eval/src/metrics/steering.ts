import type { Measure, Steering } from "@uniarm/core/schema";
import { checkPoints, type Point } from "../points.ts";
import { measure } from "./measure.ts";
import { spearman } from "./spearman.ts";

/**
 * How each objective's mean reward follows its own entry of the preference: Spearman's rank correlation (-1 to 1), the
 * least-squares slope, and the slope between neighbouring values of the entry (mean over the points of each). Rewards are
 * normalised, so slopes are in normalised reward per 1 of preference; larger is better. None where the entry does not vary.
 * @throws UniArmError points-length, points-not-finite
 */
export function steering(
  names: readonly string[],
  preferences: readonly Point[],
  normalised: readonly Point[],
): Steering[] {
  checkPoints(preferences, names.length, "Preference");
  checkPoints(normalised, names.length, "Reward vector");
  return names.map((objective, axis) => {
    const entries = preferences.map((preference) => preference[axis]!);
    const rewards = normalised.map((point) => point[axis]!);
    const reason = constant(entries, `The preference's entry for ${objective}`);
    const flat = reason ?? constant(rewards, `The mean reward of ${objective}`) ?? "";
    return {
      objective,
      spearman: measure(flat === "" ? spearman(entries, rewards) : null, flat),
      slope: reason === null ? slopeOf(entries, rewards) : { value: null, reason },
      local: localSlopes(entries, rewards),
    };
  });
}

function constant(values: readonly number[], what: string): string | null {
  return values.every((value) => value === values[0]) ? `${what} is the same at every point.` : null;
}

function slopeOf(entries: readonly number[], rewards: readonly number[]): Measure {
  const [x, y] = [mean(entries), mean(rewards)];
  const squares = entries.reduce((sum, entry) => sum + (entry - x) ** 2, 0);
  return { value: entries.reduce((sum, entry, row) => sum + (entry - x) * (rewards[row]! - y), 0) / squares };
}

function localSlopes(entries: readonly number[], rewards: readonly number[]): Steering["local"] {
  const levels = [...Map.groupBy(entries.keys(), (row) => Number(entries[row]!.toFixed(12)))]
    .map(([level, rows]) => ({ level, reward: mean(rows.map((row) => rewards[row]!)) }))
    .sort((one, other) => one.level - other.level);
  return levels.slice(1).map(({ level, reward }, index) => {
    const before = levels[index]!;
    return { from: before.level, to: level, slope: (reward - before.reward) / (level - before.level) };
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
