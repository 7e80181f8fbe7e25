import { createHash } from "node:crypto";
import { UniArmError } from "@uniarm/core/schema";
import type pg from "pg";
import { connectionError } from "../connection-error.ts";
import { clientOf } from "../connection-of.ts";
import { committedMigrations, type Migration } from "./migrations.ts";
import { refuseForeign } from "./refuse-foreign.ts";

/** The same number in all programs that migrate a UniARM database: one of them at a time does. */
const LOCK = Number.parseInt(createHash("sha256").update("uniarm migrations").digest("hex").slice(0, 8), 16);
const OLDEST_POSTGRES = 13;
const NO_RIGHT = "42501";
/** Prisma's own table, so that `prisma migrate deploy` and this function can take turns. */
const HISTORY = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  id VARCHAR(36) PRIMARY KEY, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL,
  logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

/**
 * Brings a database to this program's version: each missing migration in a transaction of its own, under an advisory lock.
 * A migration that fails leaves the database as it was before it. Resolves to the names of those applied.
 *
 * @throws UniArmError database-url, database-unreachable, database-login-refused, database-too-old, database-foreign,
 * database-schema, database-newer, migration-edited, migration-failed
 */
export async function migrate(
  url: string,
  migrations: readonly Migration[] = committedMigrations(),
  { isShared = false }: MigrateOptions = {},
): Promise<string[]> {
  const client = clientOf(url, { connectionTimeoutMillis: 10_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    throw connectionError(cause, url);
  }
  try {
    await checkVersion(client);
    await client.query("SELECT pg_advisory_lock($1)", [LOCK]);
    const own = migrations.map(({ name }) => name);
    const applied = await appliedMigrations(client);
    await refuseForeign(client, { history: applied.map(({ migration_name: name }) => name), own, isShared });
    await makeHistory(client);
    const missing = missingMigrations(applied, migrations);
    for (const migration of missing) await apply(client, migration);
    return missing.map(({ name }) => name);
  } finally {
    await client.end().catch(() => undefined); // the lock goes with the session
  }
}

export interface MigrateOptions {
  /** tables of other programs may be there, too */
  isShared?: boolean;
}

/** @throws UniArmError database-login-refused */
async function makeHistory(client: pg.Client): Promise<void> {
  try {
    await client.query(HISTORY);
  } catch (cause) {
    if ((cause as { code?: string }).code !== NO_RIGHT) throw cause;
    throw new UniArmError(
      "database-login-refused",
      `The database's login may not make tables: ${(cause as Error).message}. Make it the database's owner: ALTER DATABASE ... OWNER TO ...`,
      { cause },
    );
  }
}

interface VersionSource {
  query: (sql: string) => Promise<{ rows: { server_version_num: string }[] }>;
}

/** @throws UniArmError database-too-old */
export async function checkVersion(client: VersionSource): Promise<void> {
  const { rows } = await client.query("SHOW server_version_num");
  const major = Math.floor(Number(rows[0]!.server_version_num) / 10_000);
  if (major >= OLDEST_POSTGRES) return;
  throw new UniArmError(
    "database-too-old",
    `UNIARM_DATABASE_URL is a PostgreSQL ${major}; ${OLDEST_POSTGRES} or newer is needed. Upgrade the server, or unset UNIARM_DATABASE_URL to use the embedded one.`,
  );
}

export interface Applied {
  migration_name: string;
  checksum: string;
}

/** Oldest first; none where the database is nobody's. */
export async function appliedMigrations(client: pg.Client): Promise<Applied[]> {
  const { rows: found } = await client.query(`SELECT to_regclass('public._prisma_migrations') AS history`);
  if ((found[0] as { history: unknown }).history === null) return [];
  const { rows } = await client.query<Applied>(
    `SELECT migration_name, checksum FROM "_prisma_migrations" WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name`,
  );
  return rows;
}

/** What brings a database of these to this program's version. @throws UniArmError database-newer, migration-edited */
export function missingMigrations(applied: readonly Applied[], migrations: readonly Migration[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { migration_name: name, checksum } of applied) {
    const own = known.get(name);
    if (!own)
      throw new UniArmError(
        "database-newer",
        `The database was made by a newer version of this program: this one does not know its migration ${name}. Update the program; nothing was changed.`,
      );
    if (own.checksum !== checksum)
      throw new UniArmError(
        "migration-edited",
        `The migration ${name} was applied with another text than this program has. Restore the file from version control; nothing was changed.`,
      );
  }
  const names = new Set(applied.map(({ migration_name: name }) => name));
  return migrations.filter(({ name }) => !names.has(name));
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count) VALUES (gen_random_uuid()::text, $1, $2, now(), 1)`,
      [checksum, name],
    );
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw new UniArmError(
      "migration-failed",
      `The migration ${name} failed: ${(cause as Error).message}. The database is as it was before, and the previous version still works with it.`,
      { cause },
    );
  }
}
