import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { readJsonLines, signsOf } from "@uniarm/core";
import { PreferencePair, UniArmError, type ObjectiveList } from "@uniarm/core/schema";

/**
 * Reads training pairs, one JSON object a line.
 * @throws UniArmError with file and line for a line that is no pair or lacks a winner for one of `objectives`; pairs-empty
 */
export async function readPairs(path: string, objectives: ObjectiveList): Promise<PreferencePair[]> {
  const pairs = await readJsonLines(path, pairWithWinnersOf(objectives));
  if (pairs.length === 0) {
    throw new UniArmError(
      "pairs-empty",
      `${path} holds no pairs; training needs at least one line {"prompt", "responses", "winners"}.`,
    );
  }
  return pairs;
}

/** sha256 of the file: a resumed run must see the same pairs. */
export async function hashPairs(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}

/** How much a dataset can teach about trade-offs: only pairs whose objectives disagree depend on the preference. */
export interface PairStatistics {
  pairs: number;
  /** share of pairs in which two objectives prefer different responses, ties aside */
  conflictRate: number;
  /** objective name -> share of pairs that are tied */
  tieRates: Record<string, number>;
}

export function pairStatistics(pairs: readonly PreferencePair[], objectives: ObjectiveList): PairStatistics {
  const signs = pairs.map((pair) => signsOf(pair, objectives, "ignore"));
  const share = (holds: (row: readonly number[]) => boolean): number => signs.filter(holds).length / signs.length;
  return {
    pairs: signs.length,
    conflictRate: share(isConflict),
    tieRates: Object.fromEntries(objectives.map(({ name }, column) => [name, share((row) => row[column] === 0)])),
  };
}

/** @param signs [K]: +1 response 0 wins, -1 response 1 wins, 0 tied */
export const isConflict = (signs: readonly number[]): boolean => signs.includes(1) && signs.includes(-1);

function pairWithWinnersOf(objectives: ObjectiveList): typeof PreferencePair {
  return PreferencePair.superRefine((pair, context) => {
    for (const { name } of objectives) {
      if (pair.winners[name] !== undefined) continue;
      const message = `no winner for objective "${name}": winners needs 0, 1 or "tie" for each of [${objectives.map((objective) => objective.name).join(", ")}]`;
      context.addIssue({ code: "custom", path: ["winners"], message });
    }
  });
}
