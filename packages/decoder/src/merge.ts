import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { UniArmError, WrittenShard } from "@uniarm/core/schema";
import {
  differingSettings,
  readSettings,
  readStored,
  settingsPath,
  shortened,
  writeSettings,
} from "./generation-file.ts";
import type { DecodingSettings } from "./settings.ts";

/** A file that `decode` made of one part. */
interface Part extends WrittenShard {
  path: string;
  /** those of the whole */
  settings: DecodingSettings;
}

/**
 * Puts the files of all parts of a decoding together: `output` and the settings beside it have the bytes that decoding
 * without parts gives with the same batchRows, whatever the order of `paths`.
 * @returns how many rows there are
 * @throws UniArmError merge-not-a-part, merge-settings-differ, merge-part-twice, merge-part-missing, merge-part-unfinished,
 * merge-part-unreadable, merge-output-exists; those of reading generations
 */
export async function mergeGenerations(paths: readonly string[], output: string): Promise<number> {
  const parts: Part[] = [];
  for (const path of paths) parts.push(await partAt(path));
  checkTogether(parts);
  if (paths.some((path) => resolve(path) === resolve(output)))
    throw new UniArmError("merge-output-exists", `${output} is one of the parts. Choose another output.`);
  if (await isFilled(output))
    throw new UniArmError(
      "merge-output-exists",
      `${output} is there already. Choose another output, or remove it and ${settingsPath(output)}.`,
    );
  const ordered = parts.toSorted((one, other) => one.index - other.index);
  const contents: Buffer[] = [];
  for (const part of ordered) contents.push(await contentOf(part));
  await writeSettings(output, ordered[0]!.settings);
  await writeFileAtomically(output, contents);
  return ordered.reduce((sum, { rows }) => sum + rows, 0);
}

async function partAt(path: string): Promise<Part> {
  const { shard, ...settings } = (await readSettings(path)) ?? {};
  const { data } = WrittenShard.safeParse(shard);
  if (data) return { path, ...data, settings };
  throw new UniArmError(
    "merge-not-a-part",
    `${settingsPath(path)} does not say which part of a decoding ${path} is. Name files that uniarm decode --shard wrote, with the settings beside them.`,
  );
}

function checkTogether(parts: readonly Part[]): void {
  const [first, ...others] = parts;
  if (!first) throw new UniArmError("merge-part-missing", "No files were named. Name those of all parts.");
  for (const other of others) {
    const [name] = differingSettings(first.settings, other.settings);
    if (name !== undefined)
      throw new UniArmError(
        "merge-settings-differ",
        `${first.path} and ${other.path} are of different decodings: ${name} is ${shortened(first.settings[name])} in one and ${shortened(other.settings[name])} in the other. Decode all parts with the same settings.`,
      );
    if (other.batchRows !== first.batchRows)
      throw new UniArmError(
        "merge-settings-differ",
        `${first.path} was decoded with batchRows ${first.batchRows}, ${other.path} with ${other.batchRows}, so they are not parts of one whole. Decode all parts with the same batchRows.`,
      );
    if (other.count !== first.count)
      throw new UniArmError(
        "merge-settings-differ",
        `${first.path} is part ${nameOf(first)}, ${other.path} part ${nameOf(other)}. Name parts of one division.`,
      );
  }
  const found = new Map<number, Part>();
  for (const part of parts) {
    const twin = found.get(part.index);
    if (twin)
      throw new UniArmError(
        "merge-part-twice",
        `${twin.path} and ${part.path} are both part ${nameOf(part)}. Name each part once.`,
      );
    found.set(part.index, part);
  }
  const missing = Array.from({ length: first.count }, (_, index) => index).filter((index) => !found.has(index));
  if (missing.length > 0)
    throw new UniArmError(
      "merge-part-missing",
      `Not all parts were named: ${missing.map((index) => nameOf({ index, count: first.count })).join(", ")} of the same decoding ${missing.length === 1 ? "is" : "are"} missing. Name the files of all parts.`,
    );
}

async function contentOf(part: Part): Promise<Buffer> {
  const { path, rows } = part;
  const content = await readFile(path).catch((cause: unknown) => {
    throw new UniArmError(
      "merge-part-unreadable",
      `${path}, part ${nameOf(part)}, cannot be read (${(cause as Error).message}), though ${settingsPath(path)} is there. Put both beside each other, or run its decoding again.`,
      { cause },
    );
  });
  const isCutShort = content.length > 0 && content.at(-1) !== NEWLINE;
  const held = isCutShort ? null : (await readStored(path)).size;
  if (held === rows) return content;
  throw new UniArmError(
    "merge-part-unfinished",
    `${path}, part ${nameOf(part)}, has ${held === null ? "a last row that was cut short" : `${held} of its ${rows} rows`}. Run its decoding again: it continues where it stopped.`,
  );
}

const NEWLINE = 0x0a;

/** As --shard names it. */
const nameOf = ({ index, count }: Pick<Part, "index" | "count">): string => `${index + 1}/${count}`;

async function isFilled(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
}
