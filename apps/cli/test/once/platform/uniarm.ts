import { spawnSync } from "node:child_process";
import { join } from "node:path";

export const MAIN = join(import.meta.dirname, "../../../src/main.ts");

export interface Printed {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the command line against the server of a data folder, and waits for its end. */
export function uniarm(folder: string, args: readonly string[], environment: Record<string, string> = {}): Printed {
  const env = { ...process.env, UNIARM_DATA: folder, NO_COLOR: "1", ...environment };
  const options = { encoding: "utf8", env, timeout: 170_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options);
  return { code: status, out: stdout, err: stderr };
}
