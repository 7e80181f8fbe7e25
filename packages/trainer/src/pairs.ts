import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { readJsonLines } from "@uniarm/core";
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

function pairWithWinnersOf(objectives: ObjectiveList): typeof PreferencePair {
  return PreferencePair.superRefine((pair, context) => {
    for (const { name } of objectives) {
      if (pair.winners[name] !== undefined) continue;
      const message = `no winner for objective "${name}": winners needs 0, 1 or "tie" for each of [${objectives.map((objective) => objective.name).join(", ")}]`;
      context.addIssue({ code: "custom", path: ["winners"], message });
    }
  });
}
