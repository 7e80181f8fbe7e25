import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { MeasuredCell } from "./table.ts";

/** Loading TensorFlow comes to the measuring; what takes this long hangs. */
const TIMEOUT_MS = 30_000;

/**
 * Measures in a process of its own: a type that the CPU cannot do then neither ends the run nor writes TensorFlow's lines into
 * its output, and the weights that are multiplied do not count as the run's memory. Null where that process fails.
 */
export function measureApart(): MeasuredCell[] | null {
  const program = join(import.meta.dirname, `measure-child${import.meta.filename.slice(-3)}`); // .ts here, .js when packed
  const { status, stdout } = spawnSync(process.execPath, [program], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, UNIARM_CPU: undefined }, // what one process is forced to holds for no other
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  try {
    return status === 0 ? z.array(MeasuredCell).parse(JSON.parse(stdout.trim().split("\n").at(-1)!)) : null;
  } catch {
    return null;
  }
}
