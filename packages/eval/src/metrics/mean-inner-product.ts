import { UniArmError } from "@uniarm/core/schema";
import { checkPoints, type Point } from "../points.ts";

/**
 * MIP = mean over preferences a of a . y(a), y(a) the mean reward vector obtained under a. A report's MIP is of raw rewards
 * (larger is better), not of normalised ones.
 * @throws UniArmError mip-length, mip-empty, points-length, points-not-finite
 */
export function meanInnerProduct(preferences: readonly Point[], rewards: readonly Point[]): number {
  if (preferences.length !== rewards.length) {
    throw new UniArmError(
      "mip-length",
      `${preferences.length} preferences but ${rewards.length} reward vectors; the mean inner product needs one reward vector per preference.`,
    );
  }
  const first = preferences[0];
  if (!first) throw new UniArmError("mip-empty", "No preferences: the mean inner product needs at least one.");
  checkPoints(preferences, first.length, "Preference");
  checkPoints(rewards, first.length, "Reward vector");
  const sum = preferences.reduce((total, preference, row) => total + innerProduct(preference, rewards[row]!), 0);
  return sum / preferences.length;
}

export function innerProduct(one: Point, other: Point): number {
  return one.reduce((sum, value, axis) => sum + value * other[axis]!, 0);
}
