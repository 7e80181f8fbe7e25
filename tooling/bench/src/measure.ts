import { spawn } from "node:child_process";
import type { z } from "zod";

/** Runs one program to its end and reads what it measured: the last line that it prints. @throws Error with the end of what it printed when it fails */
export function measure<T>(
  schema: z.ZodType<T>,
  command: string,
  args: readonly string[],
  threads: number,
): Promise<T> {
  const env = {
    ...process.env,
    TF_CPP_MIN_LOG_LEVEL: "2",
    TF_NUM_INTRAOP_THREADS: String(threads),
    OMP_NUM_THREADS: String(threads),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env });
    let [printed, complaints] = ["", ""];
    child.stdout.on("data", (part: Buffer) => (printed += part.toString()));
    child.stderr.on("data", (part: Buffer) => (complaints += part.toString()));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code !== 0) {
        reject(new Error(`${args[0]} ended with ${code ?? signal}: ${(complaints || printed).trim().slice(-800)}`));
        return;
      }
      resolve(schema.parse(JSON.parse(printed.trim().split("\n").at(-1)!)));
    });
  });
}
