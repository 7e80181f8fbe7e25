import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isAlive, machineMark, markOf } from "./this-process.ts";

const Replaced = z.object({ id: z.string(), proven: z.boolean() });

/** Who works in a folder. */
const Holder = z.object({
  workerId: z.string(),
  /** the server that knows it */
  server: z.string(),
  machine: z.string(),
  pid: z.int(),
  started: z.string(),
  /** workers before it, of which its server has not heard yet that they are replaced */
  replaces: z.array(Replaced),
  released: z.boolean(),
});
type Holder = z.infer<typeof Holder>;

/** A folder that one worker alone works in, and the name it has for this life. */
export interface Place {
  workerId: string;
  folder: string;
  /** whom it follows in the folder: dead, or to be judged by the server */
  replaces: readonly z.infer<typeof Replaced>[];
  /** The server knows that those are replaced. */
  confirm: () => void;
  /** Whether the folder is there still, and still this worker's. */
  isHeld: () => boolean;
  /** The next one may have it at once. */
  release: () => void;
  /** Puts back who was there before: the server says that it lives. */
  giveBack: () => void;
}

const FILE = /^holder-(\d+)\.json$/;

/**
 * Takes the first free place below a folder: `place-1`, `place-2` ... Any number of workers may share the folder, on one
 * machine or on several over a network disk. The newest `holder-N.json` in a place says who has it; the next one is made by
 * a link, which succeeds for one process only, on NFS too. A holder on this machine is asked of the kernel. Of one elsewhere
 * the server has to say whether it lives: the place is taken on trial, and given back when the server objects.
 */
export function takePlace(base: string, server: string, passedOver: ReadonlySet<string> = new Set()): Place {
  mkdirSync(base, { recursive: true });
  for (let number = 1; ; number++) {
    const folder = join(base, `place-${number}`);
    if (passedOver.has(folder)) continue;
    for (;;) {
      mkdirSync(folder, { recursive: true });
      const { newest, holder } = holderOf(folder);
      if (newest > 0 && !isFree(holder, server)) break;
      const place = take(folder, server, newest, holder);
      if (place) return place; // else another process was faster: look again
    }
  }
}

function isFree(holder: Holder | null, server: string): boolean {
  if (!holder) return false; // of another version: not ours to judge
  if (holder.released) return true;
  return holder.machine === machineMark() ? !isAlive(holder) : holder.server === server;
}

function take(folder: string, server: string, newest: number, before: Holder | null): Place | null {
  const followed =
    before && !before.released ? [{ id: before.workerId, proven: before.machine === machineMark() }] : [];
  const own: Holder = {
    workerId: randomBytes(8).toString("hex"),
    server,
    machine: machineMark(),
    ...markOf(process.pid),
    replaces: [...(before?.replaces ?? []), ...followed],
    released: false,
  };
  const number = newest + 1;
  if (!write(folder, number, own)) return null;
  const isHeld = (): boolean => {
    const now = numbersIn(folder);
    return now.at(-1) === number && readHolder(folder, number)?.workerId === own.workerId;
  };
  if (!isHeld()) {
    rmSync(fileOf(folder, number), { force: true }); // others came and went between the look and the link
    return null;
  }
  for (const old of numbersIn(folder)) if (old < number) rmSync(fileOf(folder, old), { force: true });
  const replace = (change: Partial<Holder>): void => {
    if (!isHeld()) return;
    const partial = join(folder, `holder.${own.workerId}.partial`);
    try {
      writeFileSync(partial, JSON.stringify({ ...own, ...change }));
      renameSync(partial, fileOf(folder, number));
    } catch {
      rmSync(partial, { force: true }); // the disk is full, or read-only: what stands there is true still, and says more than is needed
    }
  };
  return {
    workerId: own.workerId,
    folder,
    replaces: own.replaces,
    confirm: () => replace({ replaces: [] }),
    isHeld,
    release: () => replace({ replaces: [], released: true }),
    giveBack: () => replace(before ?? { released: true }),
  };
}

const fileOf = (folder: string, number: number): string => join(folder, `holder-${number}.json`);

/** @returns false where another process was faster */
function write(folder: string, number: number, holder: Holder): boolean {
  const partial = join(folder, `holder.${holder.workerId}.partial`);
  try {
    writeFileSync(partial, JSON.stringify(holder));
    linkSync(partial, fileOf(folder, number)); // whole or not there, and never over another's
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
    return writeAlone(fileOf(folder, number), holder);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Where the disk knows no links. */
function writeAlone(path: string, holder: Holder): boolean {
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function holderOf(folder: string): { newest: number; holder: Holder | null } {
  const newest = numbersIn(folder).at(-1) ?? 0;
  return { newest, holder: newest === 0 ? null : readHolder(folder, newest) };
}

const numbersIn = (folder: string): number[] =>
  namesIn(folder)
    .flatMap((name) => FILE.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((one, other) => one - other);

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // somebody removed it
  }
}

function readHolder(folder: string, number: number): Holder | null {
  try {
    return Holder.parse(JSON.parse(readFileSync(fileOf(folder, number), "utf8")));
  } catch {
    return null;
  }
}
