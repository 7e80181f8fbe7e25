import { existsSync } from "node:fs";
import { UniArmError } from "@uniarm/core/schema";
import { embeddedPostgres, startPostgres } from "@uniarm/db";
import { onlyServerOf } from "../serve/only-one.ts";

export interface PlatformDatabase {
  url: string;
  /** Stops what was started for it. */
  release: () => Promise<void>;
}

/**
 * The database of a platform, whether its server runs or not: the one that is named, else the embedded one of the data folder.
 * Where no server runs, none can be started until this process ends.
 * @throws UniArmError platform-missing, and those of `startPostgres`
 */
export async function platformDatabase(folder: string, named: string | undefined): Promise<PlatformDatabase> {
  if (named !== undefined) return { url: named, release: () => Promise.resolve() };
  const missing = (what: string): UniArmError =>
    new UniArmError(
      "platform-missing",
      `${what} Name the platform's data folder with --data, and its database, where it is not the embedded one, with --database (or UNIARM_DATABASE_URL).`,
    );
  if (!existsSync(folder)) throw missing(`There is no folder ${folder}.`);
  const { exists, url } = await embeddedPostgres(folder);
  if (!exists) throw missing(`The data folder ${folder} holds no embedded database.`);
  if (await isServed(folder)) {
    if (url === null) throw missing(`The server of ${folder} uses a PostgreSQL of its own.`);
    return { url, release: () => Promise.resolve() };
  }
  const postgres = await startPostgres({ folder });
  return { url: postgres.url, release: postgres.stop };
}

async function isServed(folder: string): Promise<boolean> {
  try {
    await onlyServerOf(folder);
    return false;
  } catch (error) {
    if (error instanceof UniArmError && error.code === "data-in-use") return true;
    throw error;
  }
}
