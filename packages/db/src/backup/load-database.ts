import { UniArmError } from "@uniarm/core/schema";
import type pg from "pg";
import { from } from "pg-copy-streams";
import type { Following } from "../following.ts";
import { tableFileOf, type BackupManifest } from "./manifest.ts";
import { quoted, TABLES } from "./session.ts";
import { readTableFile } from "./table-file.ts";

/** Tables that hold rows. */
export async function filledTables(client: pg.Client): Promise<string[]> {
  const filled: string[] = [];
  for (const table of [...TABLES, "Session"]) {
    const { rows: found } = await client.query<{ is: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS is`, [
      `public.${quoted(table)}`,
    ]);
    if (!found[0]!.is) continue;
    const { rowCount } = await client.query(`SELECT 1 FROM ${quoted(table)} LIMIT 1`);
    if (rowCount) filled.push(table);
  }
  return filled;
}

/**
 * Fills the tables of a database that is at the backup's migrations, in one transaction: all of it, or nothing.
 * @param absent hashes of files that will not be there: what they belong to counts as removed by retention
 * @throws UniArmError backup-damaged, and what the signal was aborted with
 */
export async function loadDatabase(
  client: pg.Client,
  { folder, manifest, absent }: { folder: string; manifest: BackupManifest; absent: readonly string[] },
  following: Following,
): Promise<void> {
  await client.query("BEGIN"); // where anything fails, the session ends, and with it the transaction
  const references = await dropReferences(client, manifest);
  await loadTables(client, folder, manifest, following);
  await markRemoved(client, absent);
  for (const { table, name, definition } of references)
    await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${quoted(name)} ${definition}`);
  await client.query("COMMIT");
  for (const { name } of manifest.tables) await client.query(`ANALYZE ${quoted(name)}`);
}

interface Reference {
  table: string;
  name: string;
  definition: string;
}

/** Tables refer to each other in circles; made again at the end, every reference is checked. Keeps other programs out meanwhile. */
async function dropReferences(client: pg.Client, { tables }: BackupManifest): Promise<Reference[]> {
  const names = tables.map(({ name }) => `public.${quoted(name)}`);
  const { rows } = await client.query<Reference>(
    `SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE contype = 'f' AND conrelid = ANY ($1::regclass[])`,
    [names],
  );
  for (const { table, name } of rows) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${quoted(name)}`);
  return rows;
}

async function loadTables(
  client: pg.Client,
  folder: string,
  { tables }: BackupManifest,
  following: Following,
): Promise<void> {
  const total = tables.reduce((sum, { rows }) => sum + rows, 0);
  let before = 0;
  for (const { name, columns, rows, sha256 } of tables) {
    const into = client.query(from(`COPY ${quoted(name)} (${columns.map(quoted).join(", ")}) FROM STDIN`));
    const read = await readTableFile(tableFileOf(folder, name), into, {
      signal: following.signal,
      onRows: (passed) => following.onProgress("database", before + passed, total, "rows"),
    }).catch((cause: unknown) => {
      if (following.signal.aborted) throw cause;
      throw damaged(name, (cause as Error).message, cause);
    });
    if (read !== sha256 || into.rowCount !== rows)
      throw damaged(name, `sha256 ${read} and ${into.rowCount} rows; written were ${sha256} and ${rows}`);
    await continueNumbers(client, name, columns);
    before += rows;
  }
}

const damaged = (table: string, what: string, cause?: unknown): UniArmError =>
  new UniArmError(
    "backup-damaged",
    `The backup's table ${table} is not what was written (${what}). Use another backup; the database is as it was before.`,
    { cause },
  );

/** Columns that number their rows go on after the largest number. */
async function continueNumbers(client: pg.Client, table: string, columns: readonly string[]): Promise<void> {
  for (const column of columns) {
    const { rows } = await client.query<{ sequence: string | null }>(
      `SELECT pg_get_serial_sequence($1, $2) AS sequence`,
      [`public.${quoted(table)}`, column],
    );
    const { sequence } = rows[0]!;
    if (sequence === null) continue;
    await client.query(`SELECT setval($1, coalesce(max(${quoted(column)}), 0) + 1, false) FROM ${quoted(table)}`, [
      sequence,
    ]);
  }
}

/** As retention does it. */
async function markRemoved(client: pg.Client, absent: readonly string[]): Promise<void> {
  if (absent.length === 0) return;
  for (const [table, column] of [
    ["Checkpoint", "checkpointId"],
    ["Artifact", "artifactId"],
    ["Dataset", "datasetId"],
  ] as const) {
    await client.query(
      `UPDATE "${table}" SET "deletedAt" = coalesce("deletedAt", now()) WHERE id IN (SELECT "${column}" FROM "StoredFile" WHERE sha256 = ANY ($1))`,
      [absent],
    );
    await client.query(
      `DELETE FROM "StoredFile" WHERE "${column}" IN (SELECT "${column}" FROM "StoredFile" WHERE sha256 = ANY ($1))`,
      [absent],
    );
  }
  await client.query(`DELETE FROM "Blob" b WHERE NOT EXISTS (SELECT 1 FROM "StoredFile" f WHERE f.sha256 = b.sha256)`);
}
