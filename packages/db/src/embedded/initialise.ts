import { spawn } from "node:child_process";
import { chownSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { collect, lastLine } from "./child.ts";
import { makeFolder } from "./folders.ts";
import { serverEnvironment } from "./server-environment.ts";
import { NAME } from "./url.ts";
import type { SystemUser } from "./system-user.ts";

/** Programs of PostgreSQL, the data that they work on, and whom they run as. */
export interface Installation {
  data: string;
  binaries: string;
  user: SystemUser | undefined;
}

/** Makes the data folder. @throws UniArmError postgres-init-failed */
export async function initialise({
  folder,
  data,
  binaries,
  password,
  user,
}: Installation & { folder: string; password: string }): Promise<void> {
  rmSync(data, { recursive: true, force: true }); // half of one, from an initdb that was killed
  makeFolder(folder, user);
  const passwordFile = join(folder, `.password-${process.pid}`);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  try {
    const flags = [`--pgdata=${data}`, `--username=${NAME}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
    const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
    const child = spawn(join(binaries, "bin", "initdb"), [...flags, ...locale], {
      ...user,
      env: serverEnvironment(),
      cwd: "/",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed = collect(child);
    const code = await new Promise<number | null>((done) => child.on("close", done).on("error", () => done(-1)));
    if (code === 0) return;
    rmSync(data, { recursive: true, force: true });
    throw new UniArmError(
      "postgres-init-failed",
      `PostgreSQL could not make its data folder ${data}: ${lastLine(printed())}. Free some disk or choose another folder with --data; UNIARM_DATABASE_URL takes a server of your own.`,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}
