import { mkdir } from "node:fs/promises";
import { UniArmError } from "@uniarm/core/schema";
import type pg from "pg";
import { to } from "pg-copy-streams";
import { withoutPassword } from "../connection-error.ts";
import { IDENTITY } from "../housekeeping/identity.ts";
import { appliedMigrations } from "../migrate/migrate.ts";
import { committedMigrations } from "../migrate/migrations.ts";
import type { Following } from "../following.ts";
import { tableFileOf, type BackupManifest, type BackupTable, type StoredBlob } from "./manifest.ts";
import { quoted, TABLES, withSession } from "./session.ts";
import { writeTableFile } from "./table-file.ts";

/** A file without a reference is garbage, or its reference is on the way: a restored row would promise bytes that are not there. */
const ROWS: Record<string, string> = {
  Blob: `WHERE EXISTS (SELECT 1 FROM "StoredFile" f WHERE f.sha256 = "Blob".sha256)`,
};

export type Dump = Pick<BackupManifest, "identity" | "takenAt" | "migrations" | "tables" | "blobs">;

/**
 * Writes every table as it is at one moment into a new folder, while others go on writing.
 * `blobs` are the files that the tables name.
 * @throws UniArmError database-missing, database-version, database-unreachable, and what `following.signal` was aborted with
 */
export async function dumpDatabase(url: string, folder: string, following: Following): Promise<Dump> {
  return withSession(url, async (client) => {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const migrations = await assertOwnVersion(client, url);
    const { rows: moments } = await client.query<{ at: string }>(
      `SELECT to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at`,
    );
    const { rows: identities } = await client.query<{ id: string }>(IDENTITY);
    await mkdir(folder, { mode: 0o700 });
    const tables = await dumpTables(client, folder, following);
    const { rows: blobs } = await client.query<{ sha256: string; size: string }>(
      `SELECT sha256, size FROM "Blob" ${ROWS.Blob} ORDER BY sha256`,
    );
    await client.query("COMMIT");
    return {
      identity: identities[0]!.id,
      takenAt: moments[0]!.at,
      migrations,
      tables,
      blobs: blobs.map(({ sha256, size }): StoredBlob => ({ sha256, size: Number(size) })),
    };
  });
}

/** Which tables there are is known of this program's version alone. */
async function assertOwnVersion(client: pg.Client, url: string): Promise<BackupManifest["migrations"]> {
  const applied = await appliedMigrations(client);
  if (applied.length === 0)
    throw new UniArmError(
      "platform-missing",
      `There is no platform in the database ${withoutPassword(url)}. Name the one that it uses with --database, or its data folder with --data.`,
    );
  const own = committedMigrations();
  const isSame =
    applied.length === own.length &&
    own.every(({ name, checksum }, index) => {
      const there = applied[index]!;
      return there.migration_name === name && there.checksum === checksum;
    });
  if (!isSame)
    throw new UniArmError(
      "database-version",
      `The database is at migration ${applied.at(-1)!.migration_name}, and this program at ${own.at(-1)!.name}. Back it up with the version that serves it.`,
    );
  return own.map(({ name, checksum }) => ({ name, checksum }));
}

async function dumpTables(client: pg.Client, folder: string, following: Following): Promise<BackupTable[]> {
  const counts = new Map<string, number>();
  for (const table of TABLES) {
    following.signal.throwIfAborted();
    const { rows } = await client.query<{ count: string }>(
      `SELECT count(*) FROM ${quoted(table)} ${ROWS[table] ?? ""}`,
    );
    counts.set(table, Number(rows[0]!.count));
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const tables: BackupTable[] = [];
  let before = 0;
  for (const name of TABLES) {
    const columns = await columnsOf(client, name);
    const list = columns.map(quoted).join(", ");
    const out = client.query(to(`COPY (SELECT ${list} FROM ${quoted(name)} ${ROWS[name] ?? ""}) TO STDOUT`));
    const sha256 = await writeTableFile(tableFileOf(folder, name), out, {
      signal: following.signal,
      onRows: (rows) => following.onProgress("database", before + rows, total, "rows"),
    });
    tables.push({ name, columns, rows: out.rowCount, sha256 });
    before += counts.get(name)!;
  }
  return tables;
}

async function columnsOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [`public.${quoted(table)}`],
  );
  return rows.map(({ name }) => name);
}
