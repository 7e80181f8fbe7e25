import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { splitOf } from "./split-name.ts";

/** A file of rows, and how large it is. */
export interface DataFile {
  path: string;
  bytes: number;
}

const DATA = /\.(parquet|jsonl|ndjson|json|csv|tsv)(?:\.(?:gz|zst|zstd|xz|bz2))?$/i;
const OTHER_ARROW = /\.arrow$/i;
/** Folders inside each other; published datasets have two or three. */
const DEPTH_LIMIT = 6;

/**
 * The files of rows that a path names: itself, or the shards of a folder or of a pattern (`*` stands for any letters) in the
 * order of their names. Shards of several splits are never read as one.
 * @throws UniArmError data-missing, data-splits, data-shard-missing
 */
export async function dataFiles(path: string): Promise<DataFile[]> {
  const entry = await stat(path).catch(() => null);
  if (entry?.isDirectory()) return shardsOf(path, await filesIn(path), true);
  if (!entry && path.includes("*")) return shardsOf(patternRoot(path), await matches(path), false, path);
  return [{ path, bytes: entry?.size ?? 0 }]; // the reader says what is wrong with a path that is not there
}

async function shardsOf(folder: string, found: string[], isFolder: boolean, pattern = folder): Promise<DataFile[]> {
  const paths = found.toSorted();
  if (paths.length === 0) {
    const why = isFolder ? "it is a folder without files of rows" : "no file has such a name";
    throw new UniArmError(
      "data-missing",
      `${pattern} cannot be read: ${why}. Rows are in files that end in .parquet, .jsonl, .json or .csv, perhaps with .gz or .zst.`,
    );
  }
  const splits = Map.groupBy(paths, (path) => splitOf(relative(folder, path), isFolder));
  if (splits.size > 1) {
    const named = [...splits].map(
      ([name, files]) => `${name === "" ? "other" : name} (${files.length}: ${patternOf(files)})`,
    );
    throw new UniArmError(
      "data-splits",
      `${pattern} holds several splits, which are not read as one: ${named.join(", ")}. Name one of them, for example ${patternOf([...splits.values()][0]!)}`,
    );
  }
  const forms = Map.groupBy(paths, (path) => DATA.exec(path)?.[1] ?? "");
  if (isFolder && forms.size > 1) {
    throw new UniArmError(
      "data-splits",
      `${pattern} holds its rows in several forms, which may be the same rows: ${[...forms.values()].map(patternOf).join(", ")}. Name one of them.`,
    );
  }
  if (isFolder) checkShards(paths);
  return Promise.all(paths.map(async (path) => ({ path, bytes: (await stat(path)).size })));
}

/** A path or pattern that names these files. */
function patternOf(files: readonly string[]): string {
  const [first] = files;
  if (files.length === 1) return first!;
  let shared = first!;
  for (const file of files) while (!file.startsWith(shared)) shared = shared.slice(0, -1);
  const start = basename(`${shared}x`).slice(0, -1);
  const extension = DATA.exec(first!)?.[0] ?? "";
  const isFlat = files.every((file) => dirname(file) === dirname(first!));
  return isFlat ? join(dirname(first!), `${start.replace(/\d+$/, "")}*${extension}`) : dirname(`${shared}x`);
}

/** Shards say how many they are: train-00000-of-00002. */
function checkShards(paths: readonly string[]): void {
  const shards = paths.map((path) => /^(.*?)(\d+)-of-(\d+)(.*)$/.exec(basename(path)));
  const [, before, digits, count, after] = shards.find((shard) => shard !== null) ?? [];
  if (before === undefined || digits === undefined || count === undefined) return;
  const there = new Set(
    shards.flatMap((shard) => (shard?.[1] === before && shard[3] === count ? [Number(shard[2])] : [])),
  );
  if (there.size >= Number(count)) return;
  let missing = there.has(0) ? 0 : 1; // some count from 1
  if (!there.has(0) && !there.has(Number(count))) missing = 0;
  while (there.has(missing)) missing++;
  const name = `${before}${String(missing).padStart(digits.length, "0")}-of-${count}${after}`;
  throw new UniArmError(
    "data-shard-missing",
    `${dirname(paths[0]!)} has ${there.size} of ${Number(count)} shards: there is no ${name}. Download it, or name the shards that are to be read: ${patternOf(paths)}`,
  );
}

async function filesIn(folder: string, depth = 0): Promise<string[]> {
  if (depth > DEPTH_LIMIT) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !name.startsWith(".") && !name.startsWith("_"))
      .map(async (entry): Promise<string[]> => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return filesIn(path, depth + 1);
        return isData(entry.name) ? [path] : [];
      }),
  );
  return found.flat();
}

/** Files about a dataset lie beside its rows. */
const isData = (name: string): boolean =>
  (DATA.test(name) || OTHER_ARROW.test(name)) &&
  !/^(?:dataset_infos?|dataset_dict|state|config|package|metadata)\.json$/i.test(name);

/** The folder of a pattern before its first star. */
const patternRoot = (pattern: string): string => dirname(`${pattern.slice(0, pattern.indexOf("*"))}x`);

async function matches(pattern: string): Promise<string[]> {
  const root = patternRoot(pattern);
  const rest = relative(root, pattern).split("/");
  let found = [root];
  for (const part of rest) {
    const test = new RegExp(`^${part.split("*").map(escaped).join(".*")}$`);
    const inside = await Promise.all(
      found.map(async (folder) => {
        const names = await readdir(folder).catch(() => []);
        return names.filter((name) => test.test(name) && !name.startsWith(".")).map((name) => join(folder, name));
      }),
    );
    found = inside.flat();
  }
  const entries = await Promise.all(found.map(async (path) => ({ path, isFile: (await stat(path)).isFile() })));
  return entries.filter(({ isFile }) => isFile).map(({ path }) => path);
}

const escaped = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&");
