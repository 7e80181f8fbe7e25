import { UniArmError } from "@uniarm/core/schema";
import type pg from "pg";

/** Tables, views and sequences that no extension brought and that are not Prisma's history. */
const RELATIONS = `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    AND NOT (n.nspname = 'public' AND c.relname = '_prisma_migrations') ORDER BY c.relkind <> 'r', 1, 2`;
const SHOWN = 3;

/**
 * Another program's database is not touched, unless it is to be shared.
 * @param history names of the migrations that were applied to it
 * @throws UniArmError database-foreign, database-schema
 */
export async function refuseForeign(
  client: Pick<pg.Client, "query">,
  { history, own, isShared }: { history: readonly string[]; own: readonly string[]; isShared: boolean },
): Promise<void> {
  const { rows: schemas } = await client.query<{ schema: string | null }>("SELECT current_schema() AS schema");
  const schema = schemas[0]?.schema ?? "none";
  if (schema !== "public")
    throw new UniArmError(
      "database-schema",
      `New tables of this login would be made in the schema ${schema}; UniARM's belong into public. Take search_path out of the URL and of the login's settings: ALTER ROLE ... RESET search_path`,
    );
  if (history.some((name) => own.includes(name))) return;
  const advice =
    "Give UniARM a database of its own (createdb uniarm), or leave out --database and UNIARM_DATABASE_URL to use the embedded one. Nothing was changed.";
  if (history.length > 0)
    throw new UniArmError(
      "database-foreign",
      `The database belongs to another program that uses Prisma: its last migration is ${history.at(-1)}. ${advice}`,
    );
  const { rows } = await client.query<{ schema: string; name: string }>(RELATIONS);
  if (rows.some((row) => row.schema === "pgboss"))
    throw new UniArmError("database-foreign", `Another program has its queue in this database (pgboss). ${advice}`);
  if (rows.length === 0 || isShared) return;
  const names = rows.slice(0, SHOWN).map((row) => `${row.schema}.${row.name}`);
  const more = rows.length > SHOWN ? ` and ${rows.length - SHOWN} more` : "";
  throw new UniArmError(
    "database-foreign",
    `The database holds tables of another program: ${names.join(", ")}${more}. ${advice} To use it all the same: --share-database`,
  );
}
