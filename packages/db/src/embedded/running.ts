import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { passwordOf, reachableFolders } from "./folders.ts";
import { runningPostmaster } from "./postmaster.ts";
import { postgresUser } from "./system-user.ts";
import { urlOf } from "./url.ts";

/** See start-lazily.ts. */
export function embeddedPostgres(asked: string): { exists: boolean; url: string | null } {
  const { folder } = reachableFolders(resolve(asked), postgresUser(), () => undefined);
  const data = join(folder, "postgres");
  if (!existsSync(join(data, "PG_VERSION"))) return { exists: false, url: null };
  const running = runningPostmaster(data);
  return { exists: true, url: running && urlOf(running.port, passwordOf(folder)) };
}
