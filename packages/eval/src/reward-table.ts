import { parsePreference, UniArmError, type PreferenceVector, type Score } from "@uniarm/core/schema";

/** Scores in order: each preference vector's mean reward on each prompt. W preferences, P prompts, K objectives. */
export interface RewardTable {
  /** [W,K], ascending by first entry, then second, ... */
  preferences: PreferenceVector[];
  /** [P], ascending; the same prompts for every preference. */
  promptIds: string[];
  /** [P]; the empty name where no stratum was given. */
  strata: string[];
  objectiveCount: number;
  /** [W,P,K], means over the samples of a prompt; larger is better. */
  rewards: Float64Array;
}

/**
 * Groups scores by preference and prompt, and takes the mean over the samples of each prompt, so that a prompt counts once
 * however many samples it has. The order of the scores does not matter.
 *
 * @throws UniArmError scores-empty, scores-unguided, scores-duplicate, scores-objective-missing, scores-not-finite,
 *   scores-incomplete (a preference lacks a prompt that others have), scores-stratum, preference-invalid
 */
export function rewardTable(scores: readonly Score[], objectiveNames: readonly string[]): RewardTable {
  if (scores.length === 0) {
    throw new UniArmError(
      "scores-empty",
      "No scores: there is nothing to evaluate. Score generations first: uniarm score --help",
    );
  }
  const promptIds = [...new Set(scores.map((score) => score.promptId))].sort();
  const cells = new Map<string, Map<string, Score[]>>(); // preference -> prompt -> samples
  for (const one of scores) {
    const key = JSON.stringify(guidedBy(one, objectiveNames.length));
    const prompts = cells.get(key) ?? new Map<string, Score[]>();
    const samples = prompts.get(one.promptId) ?? [];
    if (samples.some(({ sample }) => sample === one.sample)) throw duplicate(one);
    cells.set(key, prompts.set(one.promptId, [...samples, one]));
  }
  const preferences = [...cells.keys()].map((key) => JSON.parse(key) as PreferenceVector).sort(byEntries);
  const rewards = preferences.flatMap((preference) => {
    const prompts = cells.get(JSON.stringify(preference))!;
    assertAllPrompts(preference, prompts, promptIds);
    return promptIds.flatMap((id) => meanRewards(prompts.get(id)!, objectiveNames));
  });
  return {
    preferences,
    promptIds,
    strata: strataOf(scores, promptIds),
    objectiveCount: objectiveNames.length,
    rewards: Float64Array.from(rewards),
  };
}

function guidedBy({ preference, promptId }: Score, objectiveCount: number): PreferenceVector {
  if (preference) return parsePreference(preference, objectiveCount);
  throw new UniArmError(
    "scores-unguided",
    `The score of prompt "${promptId}" has preference null: it is the unguided base model's. ` +
      "Evaluate it as one point repeated at every preference: evaluate(config, constantFront(scores, preferences)).",
  );
}

function meanRewards(samples: readonly Score[], objectiveNames: readonly string[]): number[] {
  const ordered = samples.toSorted((one, other) => one.sample - other.sample); // so that sums do not depend on the file's order
  return objectiveNames.map(
    (name) => ordered.reduce((sum, sample) => sum + rewardOf(sample, name), 0) / ordered.length,
  );
}

function rewardOf({ rewards, promptId, preference, sample }: Score, name: string): number {
  const where = `prompt "${promptId}", preference [${preference?.join(", ")}], sample ${sample}`;
  const value = rewards[name];
  if (value === undefined) {
    throw new UniArmError(
      "scores-objective-missing",
      `The score of ${where} has no "${name}", only [${Object.keys(rewards).join(", ")}]. ` +
        "Score the generations again with the objectives of this evaluation.",
    );
  }
  if (!Number.isFinite(value)) {
    throw new UniArmError(
      "scores-not-finite",
      `The score of ${where} has ${name} = ${value}; rewards must be finite numbers.`,
    );
  }
  return value;
}

function assertAllPrompts(
  preference: PreferenceVector,
  prompts: ReadonlyMap<string, unknown>,
  promptIds: readonly string[],
): void {
  const missing = promptIds.filter((id) => !prompts.has(id));
  if (missing.length === 0) return;
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
  throw new UniArmError(
    "scores-incomplete",
    `Preference [${preference.join(", ")}] has ${prompts.size} of ${promptIds.length} prompts: prompt "${missing[0]}"${more} is missing. ` +
      "Every preference needs the same prompts: decode and score the missing ones.",
  );
}

function strataOf(scores: readonly Score[], promptIds: readonly string[]): string[] {
  const strata = new Map<string, string>();
  for (const { promptId, stratum = "" } of scores) {
    const known = strata.get(promptId) ?? stratum;
    if (known !== stratum) {
      throw new UniArmError(
        "scores-stratum",
        `Prompt "${promptId}" is in stratum "${known}" in one score and "${stratum}" in another; a prompt has one stratum.`,
      );
    }
    strata.set(promptId, stratum);
  }
  return promptIds.map((id) => strata.get(id)!);
}

function duplicate({ promptId, preference, sample }: Score): UniArmError {
  return new UniArmError(
    "scores-duplicate",
    `Two scores for prompt "${promptId}", preference [${preference?.join(", ")}], sample ${sample}; expected one. ` +
      "Was a file of scores read twice?",
  );
}

function byEntries(one: readonly number[], other: readonly number[]): number {
  const axis = one.findIndex((entry, index) => entry !== other[index]);
  return axis < 0 ? 0 : one[axis]! - other[axis]!;
}
