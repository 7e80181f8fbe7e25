import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PreferencePair } from "@uniarm/core/schema";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { readPairs, type ReadOptions } from "../src/read-pairs.ts";

export const user = (content: string): object => ({ role: "user", content });
export const assistant = (content: string): object => ({ role: "assistant", content });
export const ASKED = user("Colour of the sky?");
export const BLUE = assistant("Blue.");
export const GREEN = assistant("Green.");
export const SKY = {
  prompt: "Colour of the sky?",
  messages: [ASKED],
  responses: ["Blue.", "Green."],
  winners: { preferred: 0 },
};

type Format = ReadOptions["format"];

/** The pairs of rows, written to a file of their own and read back, and what was skipped. */
export async function read(
  rows: readonly unknown[],
  format?: Format,
): Promise<{ pairs: PreferencePair[]; skipped: string[] }> {
  const folder = await temporaryFolder();
  try {
    const path = join(folder.path, "rows.jsonl");
    await writeFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
    const skipped: string[] = [];
    const onSkipped = (where: string, why: string): number => skipped.push(`${where.slice(path.length)} ${why}`);
    return { pairs: await collect(readPairs(path, { format, onSkipped })), skipped };
  } finally {
    await folder.remove();
  }
}

export const pairOf = async (row: unknown, format?: Format): Promise<PreferencePair> =>
  (await read([row], format)).pairs[0]!;

/** Why rows are refused. */
export const refusal = (rows: readonly unknown[], format?: Format): Promise<Error> =>
  read(rows, format).then(
    () => new Error("nothing was refused"),
    (error: unknown) => error as Error,
  );
