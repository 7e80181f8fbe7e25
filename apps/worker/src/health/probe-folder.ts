import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { diskProblem } from "./disk-problem.ts";

/** A run's messages and its small files; what a run needs beyond that it alone can tell. */
const PROBE = Buffer.alloc(256 * 1024, 1);
/** A network disk that is away does not fail: it waits. */
const ANSWER_MS = 20_000;

/** Why a worker cannot work in a folder, tried by writing into it; empty: it can. */
export async function probeFolder(folder: string, host: string): Promise<string> {
  const over = new AbortController();
  const late = sleep(ANSWER_MS, `The folder ${folder} on ${host} does not answer.`, { signal: over.signal });
  const written = write(join(folder, "probe")).then(
    () => "",
    (error: unknown) =>
      diskProblem(error, folder, host) ??
      `The folder ${folder} on ${host} cannot be written: ${(error as Error).message}.`,
  );
  try {
    return await Promise.race([written, late]);
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

async function write(path: string): Promise<void> {
  try {
    const file = await open(path, "w");
    try {
      await file.writeFile(PROBE);
      await file.sync(); // quotas and network disks say it late
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
