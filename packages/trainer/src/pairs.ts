import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { readJsonLines } from "@uniarm/core";
import { PreferencePair, UniArmError, type ObjectiveList, type TrainingConfig } from "@uniarm/core/schema";

/**
 * Reads training pairs, one JSON object a line.
 * @throws UniArmError with file and line for a line that is no pair or lacks a winner for one of `objectives`, or for all of
 * them where missing ones are masked; pairs-empty
 */
export async function readPairs(
  path: string,
  objectives: ObjectiveList,
  missingLabels: TrainingConfig["missingLabels"] = "refuse",
): Promise<PreferencePair[]> {
  const pairs = await readJsonLines(path, pairWithWinnersOf(objectives, missingLabels));
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

function pairWithWinnersOf(
  objectives: ObjectiveList,
  missingLabels: TrainingConfig["missingLabels"],
): typeof PreferencePair {
  const names = objectives.map(({ name }) => name);
  const all = `winners needs 0, 1 or "tie" for each of [${names.join(", ")}]`;
  return PreferencePair.superRefine(({ winners }, context) => {
    const missing = names.filter((name) => winners[name] === undefined);
    if (missingLabels === "mask" && missing.length < names.length) return;
    for (const name of missing) {
      const message = `no winner for objective "${name}": ${all}`;
      context.addIssue({ code: "custom", path: ["winners"], message });
    }
  });
}
