import { dirname } from "node:path";

/** Words by which the Hub knows a split; the first of each is its name. */
const SPLITS: readonly (readonly [string, ...string[]])[] = [
  ["train", "training"],
  ["validation", "valid", "val", "dev"],
  ["test", "testing", "eval", "evaluation"],
];

/**
 * The split of a file by its path inside a dataset's folder. Of a folder, files of one name but for their numbers are one
 * split, and those of other folders another: data/train_prefs-00000-of-00002 and data/train_sft-00000-of-00001 differ. Of a
 * pattern, which names its files, only the word counts. "" for a file that names none.
 */
export function splitOf(path: string, isFolder: boolean): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const folders = dirname(path)
    .split("/")
    .filter((part) => part !== "." && part !== "data");
  const word = [name, ...folders.toReversed()].map(wordIn).find((found) => found !== undefined);
  if (!isFolder) return word ?? "";
  const stem = name
    .replace(/-\d+-of-\d+/, "")
    .replace(/\..*$/, "")
    .replace(/[-_]?\d+$/, "");
  const isNamed = wordIn(name) !== undefined || /-\d+-of-\d+/.test(name);
  return [...folders, isNamed ? stem : ""].filter((part) => part !== "").join("/");
}

function wordIn(name: string): string | undefined {
  const words = name.toLowerCase().split(/[^a-z]+/);
  return SPLITS.find((split) => words.some((word) => split.includes(word)))?.[0];
}
