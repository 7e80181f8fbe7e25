import { kindSequences } from "./grammar.ts";
import { HAZARD_LEVELS, type HazardLevel, type Kind } from "./kinds.ts";
import { TINY_WORLD_OBJECTIVES, type TinyWorldObjectiveCount } from "./objectives.ts";
import { rewardsOfKinds } from "./rewards.ts";

/** Makes the unregularised optimum unique and Pareto-optimal at the corners. */
const TIE_BREAK = 1e-6;

interface Candidate {
  kinds: Kind[];
  probability: number;
  rewards: number[];
}

/** The best response at one preference: its kinds and rewards, in the order of the objectives. */
export interface ExactBest {
  kinds: Kind[];
  rewards: number[];
}

/** What a policy obtains over balanced hazard levels: mean rewards, and its KL divergence from the base mixture in nats. */
export interface ExactPoint {
  preference: readonly number[];
  rewards: number[];
  klNats: number;
}

/** argmax over the grammar of a.r; ties by a small bonus on every objective, then by probability. */
export function exactBest(level: HazardLevel, preference: readonly number[]): ExactBest {
  const best = candidatesOf(level, preference.length as TinyWorldObjectiveCount).reduce((leader, candidate) => {
    const lead = tieBroken(candidate, preference) - tieBroken(leader, preference);
    if (Math.abs(lead) > 1e-12) return lead > 0 ? candidate : leader;
    return candidate.probability > leader.probability ? candidate : leader;
  });
  return { kinds: best.kinds, rewards: best.rewards };
}

/** The unregularised optimum at each preference: always the one best response. */
export function exactFront(
  preferences: readonly (readonly number[])[],
): { preference: readonly number[]; rewards: number[] }[] {
  return preferences.map((preference) => ({
    preference,
    rewards: meanOf(HAZARD_LEVELS.map((level) => exactBest(level, preference).rewards)),
  }));
}

/** pi*(s) proportional to p(s) exp(a.r / beta): the best any policy can do at its KL. beta Infinity is the base mixture. */
export function regularisedFront(preferences: readonly (readonly number[])[], beta: number): ExactPoint[] {
  return preferences.map((preference) => {
    const perLevel = HAZARD_LEVELS.map((level) =>
      regularised(candidatesOf(level, preference.length as TinyWorldObjectiveCount), preference, beta),
    );
    return {
      preference,
      rewards: meanOf(perLevel.map(({ rewards }) => rewards)),
      klNats: meanOf(perLevel.map(({ klNats }) => [klNats]))[0]!,
    };
  });
}

function regularised(
  candidates: readonly Candidate[],
  preference: readonly number[],
  beta: number,
): { rewards: number[]; klNats: number } {
  const values = candidates.map(({ rewards }) => dot(preference, rewards) / beta);
  const largest = Math.max(...values);
  const weights = candidates.map(({ probability }, index) => probability * Math.exp(values[index]! - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const logNormaliser = Math.log(total) + largest;
  const rewards = preference.map(() => 0);
  let klNats = 0;
  for (const [index, candidate] of candidates.entries()) {
    const share = weights[index]! / total;
    klNats += share * (values[index]! - logNormaliser);
    candidate.rewards.forEach((reward, axis) => (rewards[axis]! += share * reward));
  }
  return { rewards, klNats };
}

const CANDIDATES = new Map<string, Candidate[]>();

function candidatesOf(level: HazardLevel, objectives: TinyWorldObjectiveCount): Candidate[] {
  const key = `${level}/${objectives}`;
  const known = CANDIDATES.get(key);
  if (known) return known;
  const names = TINY_WORLD_OBJECTIVES.slice(0, objectives);
  const made = kindSequences(level).map(({ kinds, probability }) => {
    const rewards = rewardsOfKinds(kinds, level);
    return { kinds, probability, rewards: names.map((name) => rewards[name]) };
  });
  CANDIDATES.set(key, made);
  return made;
}

const tieBroken = ({ rewards }: Candidate, preference: readonly number[]): number =>
  dot(preference, rewards) + TIE_BREAK * rewards.reduce((sum, reward) => sum + reward, 0);

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, entry, index) => sum + entry * b[index]!, 0);

const meanOf = (rows: readonly number[][]): number[] =>
  rows[0]!.map((_, axis) => rows.reduce((sum, row) => sum + row[axis]!, 0) / rows.length);
