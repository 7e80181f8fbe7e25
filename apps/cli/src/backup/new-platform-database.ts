import { startPostgres } from "@uniarm/db";
import { makeDataFolder } from "../serve/data-folder.ts";
import { onlyServerOf } from "../serve/only-one.ts";
import type { PlatformDatabase } from "./platform-database.ts";

/**
 * The database that a backup is restored into: the one that is named, else an embedded one in the data folder. No server can
 * be started on the folder until this process ends.
 * @throws UniArmError folder-unwritable, data-in-use, and those of `startPostgres`
 */
export async function newPlatformDatabase(
  folder: string,
  named: string | undefined,
  log: (line: string) => void,
): Promise<PlatformDatabase> {
  makeDataFolder(folder);
  await onlyServerOf(folder);
  if (named !== undefined) return { url: named, release: () => Promise.resolve() };
  const postgres = await startPostgres({
    folder,
    log: (line) => (line.includes("keeps its data") ? log(line) : undefined),
  });
  return { url: postgres.url, release: postgres.stop };
}
