import { createHash, randomBytes } from "node:crypto";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { postgresBinaries } from "./binaries.ts";
import { unreachable, type SystemUser } from "./system-user.ts";

/** Where root keeps what the user postgres must reach but cannot below root's home. */
const ROOT_FOLDER = "/var/lib/uniarm";

/** Root's home is closed to the user postgres: programs and data go where both can reach them. */
export function reachableFolders(
  folder: string,
  user: SystemUser | undefined,
  log: (line: string) => void,
): { folder: string; binaries: string } {
  let binaries = postgresBinaries();
  if (!user) return { folder, binaries };
  if (unreachable(join(binaries, "bin"), user) !== null) {
    const copy = join(ROOT_FOLDER, `postgres-${versionOf(binaries)}`);
    if (!existsSync(copy)) {
      const partial = `${copy}.${process.pid}.partial`;
      mkdirSync(ROOT_FOLDER, { recursive: true, mode: 0o755 });
      cpSync(binaries, partial, { recursive: true, verbatimSymlinks: true });
      renameSync(partial, copy);
    }
    binaries = copy;
  }
  const closed = unreachable(folder, user);
  if (closed === null) return { folder, binaries };
  const moved = movedFolder(folder);
  log(`PostgreSQL keeps its data in ${moved}: its system user may not enter ${closed}`);
  return { folder: moved, binaries };
}

/** By the folder itself, whatever the path it was named by; two paths that become one name are told apart. */
function movedFolder(folder: string): string {
  const real = existsSync(folder) ? realpathSync(folder) : folder;
  const placeOf = (path: string): string => join(ROOT_FOLDER, "data", path.replaceAll("/", "_"));
  const named = placeOf(folder);
  // made by this path when links were not followed yet
  const place = existsSync(named) && !existsSync(placeOf(real)) ? named : placeOf(real);
  const owner = join(place, "data-folder");
  if (existsSync(owner) && readFileSync(owner, "utf8") !== real)
    return `${place}-${createHash("sha256").update(real).digest("hex").slice(0, 8)}`;
  mkdirSync(place, { recursive: true });
  writeFileSync(owner, real);
  return place;
}

function versionOf(binaries: string): string {
  const manifest = JSON.parse(readFileSync(join(binaries, "..", "package.json"), "utf8")) as { version: string };
  return manifest.version;
}

export function makeFolder(folder: string, user: SystemUser | undefined): void {
  try {
    mkdirSync(folder, { recursive: true });
    const data = join(folder, "postgres");
    mkdirSync(data, { recursive: true, mode: 0o700 });
    if (user) chownSync(data, user.uid, user.gid);
  } catch (cause) {
    throw new UniArmError(
      "folder-unwritable",
      `The data folder ${folder} cannot be written (${(cause as Error).message}). Choose another with --data, or give this user the right to write there.`,
      { cause },
    );
  }
}

export function passwordOf(folder: string): string {
  const path = join(folder, "postgres-password");
  if (!existsSync(path)) writeFileSync(path, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
  return readFileSync(path, "utf8").trim();
}
