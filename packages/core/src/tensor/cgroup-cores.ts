import { readFileSync } from "node:fs";
import { posix } from "node:path";

/** The text of a file, null where there is none. */
export type ReadText = (path: string) => string | null;

export const fileReader: ReadText = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
};

/**
 * How many cores' time the control groups of this process grant (Docker's --cpus, Kubernetes' limits, systemd's CPUQuota); null
 * for no limit. A group has at most what the groups above it have, so the least of them counts. Node asks only which cores.
 */
export function cgroupCores(read: ReadText): number | null {
  const mounts = mountsOf(read("/proc/self/mountinfo") ?? "");
  const limits: number[] = [];
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    // 0::/path for version 2, number:controllers:/path for version 1
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const isSecond = controllers === "";
    if (!isSecond && !controllers.split(",").includes("cpu")) continue;
    for (const mount of mounts.filter((one) => (isSecond ? one.type === "cgroup2" : one.controllers.includes("cpu"))))
      for (const folder of foldersOf(mount, path)) {
        const cores = isSecond ? secondVersion(read, folder) : firstVersion(read, folder);
        if (cores !== null) limits.push(cores);
      }
  }
  return limits.length > 0 ? Math.min(...limits) : null;
}

interface Mount {
  /** the group that is seen at the mount point */
  root: string;
  point: string;
  type: string;
  controllers: string[];
}

/** man 5 proc_pid_mountinfo: id parent device root point options ... - type source options */
function mountsOf(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const [left, right] = line.split(" - ");
    const [, , , root, point] = (left ?? "").split(" ");
    const [type, , options] = (right ?? "").split(" ");
    if (root === undefined || point === undefined || (type !== "cgroup" && type !== "cgroup2")) return [];
    return [{ root, point: point.replaceAll("\\040", " "), type, controllers: (options ?? "").split(",") }];
  });
}

/** The process's group and those above it, as far as they are seen; in a container its own group often is the mount's root. */
function foldersOf({ root, point }: Mount, path: string): string[] {
  const isBelow = root === "/" || path === root || path.startsWith(`${root}/`);
  const inside = isBelow ? path.slice(root === "/" ? 0 : root.length) : "";
  const folders = [point];
  let at = "";
  for (const name of inside.split("/").filter((part) => part !== "" && part !== "..")) {
    at = posix.join(at, name);
    folders.push(posix.join(point, at));
  }
  return folders;
}

function secondVersion(read: ReadText, folder: string): number | null {
  const [quota, period] = (read(posix.join(folder, "cpu.max")) ?? "").trim().split(" ").map(Number);
  return coresOf(quota, period); // "max 100000" is no number
}

function firstVersion(read: ReadText, folder: string): number | null {
  const numberIn = (name: string): number => Number.parseInt(read(posix.join(folder, name)) ?? "", 10);
  return coresOf(numberIn("cpu.cfs_quota_us"), numberIn("cpu.cfs_period_us")); // -1 is no limit
}

const coresOf = (quota: number | undefined, period: number | undefined): number | null =>
  quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
