import { writeFileAtomically } from "@uniarm/core";

export const writeJsonLines = async (path: string, rows: readonly unknown[]): Promise<void> =>
  writeFileAtomically(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
