import { readJsonLines } from "@uniarm/core";
import { Generation, Score } from "@uniarm/core/schema";

/**
 * The scores of a scores.jsonl.
 * @throws UniArmError json-lines-missing, json-lines-invalid (naming file:line)
 */
export function readScores(path: string): Promise<Score[]> {
  return readJsonLines(path, Score);
}

/**
 * The generations of a generations.jsonl.
 * @throws UniArmError json-lines-missing, json-lines-invalid (naming file:line)
 */
export function readGenerations(path: string): Promise<Generation[]> {
  return readJsonLines(path, Generation);
}
