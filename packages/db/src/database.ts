import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PgBoss, type ConnectionOptions } from "pg-boss";
import { connectionError } from "./connection-error.ts";
import { connectionOf } from "./connection-of.ts";
import { PrismaClient } from "./generated/client.ts";
import { committedMigrations } from "./migrate/migrations.ts";
import { migrate, type MigrateOptions } from "./migrate/migrate.ts";

/** Counts and steps stay far below 2^53: bigint columns are read as numbers in SQL of our own. */
const INT8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === INT8 ? (text: string) => Number(text) : (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
};

/** What this package's functions work with: Prisma for single statements, `pool` for transactions and hot paths, pg-boss for the queue. */
interface Connections {
  prisma: PrismaClient;
  pool: pg.Pool;
  boss: PgBoss;
}

const CONNECTIONS = Symbol("connections");

/** An open database. Programs pass it on; what is inside, and with it all SQL, stays in this package. */
export interface Database {
  readonly url: string;
  readonly [CONNECTIONS]: Connections;
  close: () => Promise<void>;
}

export const prismaOf = (db: Database): PrismaClient => db[CONNECTIONS].prisma;
export const poolOf = (db: Database): pg.Pool => db[CONNECTIONS].pool;
export const bossOf = (db: Database): PgBoss => db[CONNECTIONS].boss;

export type Client = pg.PoolClient;

export interface OpenOptions extends MigrateOptions {
  /** connections of each of the two pools */
  connections?: number;
  /** what goes wrong in the background: lost connections, maintenance */
  onError?: (error: Error) => void;
}

/**
 * Connects, migrates and starts the queue.
 * @throws UniArmError as `migrate` says
 */
export async function openDatabase(
  url: string,
  { connections = 10, onError = () => undefined, isShared = false }: OpenOptions = {},
): Promise<Database> {
  await migrate(url, committedMigrations(), { isShared });
  const connection = connectionOf(url);
  const pool = new pg.Pool({ ...connection, max: connections, types });
  pool.on("error", onError);
  const adapter = new PrismaPg({ ...connection, max: connections }, { onPoolError: onError });
  const prisma = new PrismaClient({ adapter });
  const boss = new PgBoss({
    ...connection,
    max: 3,
    superviseIntervalSeconds: 30,
    monitorIntervalSeconds: 30,
    openTelemetry: { enabled: false },
  });
  boss.on("error", onError);
  try {
    await boss.start();
  } catch (cause) {
    await pool.end();
    throw connectionError(cause, url);
  }
  return {
    url,
    [CONNECTIONS]: { prisma, pool, boss },
    close: async () => {
      await boss.stop({ graceful: true, timeout: 3000 }).catch(onError);
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

const RETRIED = new Set(["40001", "40P01"]); // serialization failure, deadlock

/** Runs `work` in a transaction of its own; one that lost a deadlock is tried again. */
export async function inTransaction<T>(db: Database, work: (client: Client) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const client = await poolOf(db).connect();
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((cause: Error) => {
        broken = cause;
      });
      if (attempt < 5 && RETRIED.has((error as { code?: string }).code ?? "")) continue;
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

/** pg-boss inside a transaction of ours. */
export const bossIn = (client: Client): ConnectionOptions => ({
  db: { executeSql: async (text, values) => client.query(text, values) },
});
