import { mkdir, open, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { cutPartialLine, readJsonLines, writeFileAtomically } from "@uniarm/core";
import { BaseWeights, Generation, UniArmError } from "@uniarm/core/schema";
import { rowKey } from "./rows.ts";
import type { DecodingSettings } from "./settings.ts";

/** A JSONL file of generations that is only ever appended to. */
export interface GenerationFile {
  /** rows that earlier runs wrote, by `rowKey` */
  stored: ReadonlyMap<string, Generation>;
  /** Returns once the lines are on the disk. */
  append(generations: readonly Generation[]): Promise<void>;
  close(): Promise<void>;
}

/** Beside the generations: the settings they were made with. */
export const settingsPath = (path: string): string => `${path}.config.json`;

/**
 * Opens the file to continue it, or makes it. A last line that a crash cut short is removed.
 * @throws UniArmError output-settings-differ when the file was made with other settings; output-settings-missing when
 * its settings are unknown; output-row-twice; and those of reading JSON lines
 */
export async function openGenerationFile(path: string, settings: DecodingSettings): Promise<GenerationFile> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, "a"); // all writes go to the end
  try {
    if ((await handle.stat()).size > 0) await checkSettings(path, settings); // before anything of it is cut
    await cutPartialLine(path);
    const { size } = await handle.stat();
    if (size === 0) await writeSettings(path, settings);
    return {
      stored: size > 0 ? await readStored(path) : new Map<string, Generation>(),
      append: async (generations) => {
        await handle.appendFile(generations.map((generation) => `${JSON.stringify(generation)}\n`).join(""));
        await handle.sync();
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export function writeSettings(path: string, settings: DecodingSettings): Promise<void> {
  const content = { format: "uniarm-generations", formatVersion: 1, settings };
  return writeFileAtomically(settingsPath(path), `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * A file's generations, by `rowKey`.
 * @throws UniArmError output-row-twice; and those of reading JSON lines
 */
export async function readStored(path: string): Promise<Map<string, Generation>> {
  const stored = new Map<string, Generation>();
  for (const generation of await readJsonLines(path, Generation)) {
    const { promptId, preference, sample } = generation;
    const key = rowKey(promptId, preference, sample);
    if (stored.has(key)) {
      throw new UniArmError(
        "output-row-twice",
        `${path} holds prompt ${promptId}, preference [${preference?.join(", ") ?? "none"}], sample ${sample} twice. ` +
          `Two runs may have written to it at once: remove ${path} and decode again.`,
      );
    }
    stored.set(key, generation);
  }
  return stored;
}

async function checkSettings(path: string, settings: DecodingSettings): Promise<void> {
  const advice = `Choose another output, or remove ${path} and ${settingsPath(path)} to decode afresh.`;
  const written = await readSettings(path);
  if (!written) {
    throw new UniArmError(
      "output-settings-missing",
      `${path} has rows but no readable ${settingsPath(path)}, so how they were made is unknown. ${advice}`,
    );
  }
  const differing = differingSettings(settings, written);
  const [first] = differing;
  if (first === undefined) return;
  throw new UniArmError(
    "output-settings-differ",
    `${path} was decoded with other settings (${differing.join(", ")}): its ${first} is ${shortened(written[first])}, this run's is ${shortened(settings[first])}. ${advice}`,
  );
}

/** Names of the settings that are not equal. */
export function differingSettings(one: DecodingSettings, other: DecodingSettings): string[] {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return names.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]));
}

/** What the generations of a file were made with; null where that is not known. */
export async function readSettings(path: string): Promise<DecodingSettings | null> {
  try {
    const { settings } = JSON.parse(await readFile(settingsPath(path), "utf8")) as { settings?: unknown };
    return typeof settings === "object" && settings !== null ? (settings as DecodingSettings) : null;
  } catch {
    return null; // absent or cut short: the caller says what that means
  }
}

/** What the rows of a file that is continued were decoded with: it stays, whatever is fastest by now. */
export async function recordedBaseWeights(path: string): Promise<BaseWeights | undefined> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  return size > 0 ? BaseWeights.safeParse((await readSettings(path))?.baseWeights).data : undefined;
}

export function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? "not set";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
