import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { killTree, machineMark, markOf, type ProcessMark } from "./this-process.ts";

const MARK = "process.json";

/** Notes the process of an attempt in its folder, for whoever finds both after this worker was killed. */
export async function markJob(folder: string, pid: number): Promise<void> {
  await writeFile(join(folder, MARK), JSON.stringify({ machine: machineMark(), ...markOf(pid) }));
}

/**
 * Removes what a killed worker left in its place, but for attempts that go on. A job ends with its worker, but one in the middle of a long operation only
 * hears of it at the operation's end: it is killed, so that nobody works on a run beside its next attempt.
 */
export async function clearLeftovers(folder: string, goOn: readonly string[] = []): Promise<void> {
  const attempts = join(folder, "attempts");
  for (const name of await readdir(attempts).catch(() => [])) {
    if (goOn.includes(name)) continue;
    const mark = await readMark(join(attempts, name, MARK));
    if (mark?.machine === machineMark()) killTree(mark);
    await rm(join(attempts, name), { recursive: true, force: true });
  }
}

/** Removes what could not be removed when its attempt ended: the disk did not let it. */
export async function clearAbandoned(folder: string, running: readonly string[]): Promise<void> {
  const attempts = join(folder, "attempts");
  for (const name of await readdir(attempts).catch(() => []))
    if (!running.includes(name)) await rm(join(attempts, name), { recursive: true, force: true });
}

async function readMark(path: string): Promise<(ProcessMark & { machine: string }) | null> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as ProcessMark & { machine: string };
  } catch {
    return null; // it was killed before it began one
  }
}
