import { spawn } from "node:child_process";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "../src/main.ts");

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the real command line in a process of its own. `onOutput` sees what it prints and may send a signal. */
export function runCli(
  args: readonly string[],
  onOutput?: (printed: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Finished> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  let stdout = "";
  let stderr = "";
  const seen = (): void => onOutput?.(stdout + stderr, (signal) => child.kill(signal));
  child.stdout.on("data", (part: Buffer) => {
    stdout += part.toString();
    seen();
  });
  child.stderr.on("data", (part: Buffer) => {
    stderr += part.toString();
    seen();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
