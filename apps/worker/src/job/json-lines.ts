import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { writeFileAtomically } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import type { ZodType } from "zod";

/** @throws UniArmError file-invalid with the line */
export async function readJsonLines<T>(path: string, schema: ZodType<T>): Promise<T[]> {
  const rows: T[] = [];
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (line.trim() === "") continue;
    try {
      rows.push(schema.parse(JSON.parse(line)));
    } catch (cause) {
      throw new UniArmError("file-invalid", `Line ${number} of ${path} cannot be read: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
  return rows;
}

export const writeJsonLines = async (path: string, rows: readonly unknown[]): Promise<void> =>
  writeFileAtomically(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
