import { UniArmError } from "@uniarm/core/schema";
import pg from "pg";

/**
 * A client that goes where its URL says. node-postgres fills what a URL leaves out from libpq's variables (PGHOST,
 * PGSSLMODE, PGOPTIONS ...) and from ~/.pgpass: they are meant for whatever else is used in the shell that started this program.
 */
class OwnClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    const variables = Object.entries(process.env).filter(([name]) => name.startsWith("PG"));
    for (const [name] of variables) delete process.env[name];
    try {
      super(config); // reads the environment now, and never again
    } finally {
      Object.assign(process.env, Object.fromEntries(variables));
    }
    const own = this as unknown as { password: string | null; connectionParameters: { password: string | null } };
    own.password ??= own.connectionParameters.password = ""; // null: it is looked for in files
  }
}

/** The last one is how node-postgres writes a socket of this machine. */
const SCHEMES: ReadonlySet<string> = new Set(["postgresql:", "postgres:", "socket:"]);

/** How to connect to the database of a URL, for `pg`, Prisma's adapter and pg-boss. @throws UniArmError database-url */
export function connectionOf(url: string) {
  const scheme = URL.canParse(url) ? new URL(url).protocol : null;
  if (scheme !== null && !SCHEMES.has(scheme))
    throw new UniArmError(
      "database-url",
      `The database's URL begins with ${scheme}//, and UniARM works with PostgreSQL alone: postgresql://user:password@host:5432/database is expected. Correct UNIARM_DATABASE_URL (or --database), or leave it out to use the embedded server.`,
    );
  if (schemaOf(url) !== null)
    throw new UniArmError(
      "database-url",
      "The database's URL names a schema, and UniARM's tables are in the schema public. Leave `schema` out, and use a database of its own (createdb uniarm).",
    );
  return { connectionString: url, Client: OwnClient };
}

/** What Prisma's URLs say and node-postgres passes over. */
function schemaOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).searchParams.get("schema") : null;
}

/** A single connection, not opened yet. */
export const clientOf = (url: string, config: pg.ClientConfig = {}): pg.Client =>
  new OwnClient({ ...config, ...connectionOf(url) });
