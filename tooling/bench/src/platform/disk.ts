import type { Database } from "@uniarm/db";
import { poolOf } from "@uniarm/db/testing";
import { z } from "zod";

export const Disk = z.strictObject({
  databaseBytes: z.number(),
  tables: z.array(
    z.strictObject({ table: z.string(), rows: z.number(), tableBytes: z.number(), indexBytes: z.number() }),
  ),
});
export type Disk = z.infer<typeof Disk>;

/** What the database takes on the disk, and its largest tables. */
export async function diskUse(db: Database): Promise<Disk> {
  const { rows: tables } = await poolOf(db).query<Disk["tables"][number]>(
    `SELECT relname AS table, greatest(reltuples, 0)::float8 AS rows, pg_table_size(oid) AS "tableBytes", pg_indexes_size(oid) AS "indexBytes"
     FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY pg_total_relation_size(oid) DESC LIMIT 5`,
  );
  const { rows } = await poolOf(db).query<{ bytes: number }>(`SELECT pg_database_size(current_database()) AS bytes`);
  return { databaseBytes: rows[0]!.bytes, tables };
}
