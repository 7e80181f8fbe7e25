import { writeFileAtomically } from "@uniarm/core";

/** One JSON value a line; the file appears whole or not at all. */
export async function writeJsonLines(path: string, values: readonly unknown[]): Promise<void> {
  await writeFileAtomically(path, values.map((value) => `${JSON.stringify(value)}\n`).join(""));
}
