import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UniArmError } from "@uniarm/core/schema";

export interface SystemUser {
  uid: number;
  gid: number;
}

/** Root may not run PostgreSQL: whom it runs as instead. Undefined where this process is not root. @throws UniArmError postgres-user-missing */
export function postgresUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = ["-u", "-g"].map((flag) =>
        Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })),
      ) as [number, number];
      return { uid, gid };
    } catch {
      continue;
    }
  }
  throw new UniArmError(
    "postgres-user-missing",
    "PostgreSQL refuses to run as root and there is no user postgres or nobody to run it as. Add one (useradd --system postgres), start as an ordinary user, or set UNIARM_DATABASE_URL.",
  );
}

/** The first folder on the way to `path` that this user may not enter, or null. */
export function unreachable(path: string, { uid, gid }: SystemUser): string | null {
  const folders: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of folders) {
    const found = statSync(folder, { throwIfNoEntry: false });
    if (!found) return null; // what is not there yet will be made for them
    const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001;
    if ((found.mode & bit) === 0) return folder;
  }
  return null;
}
