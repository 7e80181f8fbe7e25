import type pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createProject, listen, listProjects, migrate, openDatabase } from "../src/index.ts";
import { clientOf } from "../src/connection-of.ts";
import { poolOf, temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

/** What a shell may hold for other programs: each alone would send a client elsewhere, or change what it does. */
const OTHERS = {
  PGHOST: "203.0.113.1",
  PGPORT: "1",
  PGUSER: "somebody",
  PGPASSWORD: "of-somebody",
  PGDATABASE: "theirs",
  PGSSLMODE: "require",
  PGSSLNEGOTIATION: "direct",
  PGOPTIONS: "-c search_path=theirs",
  PGSERVICE: "theirs",
  PGPASSFILE: "/nowhere",
  PGAPPNAME: "theirs",
  PGCLIENTENCODING: "LATIN1",
  PGTZ: "Asia/Tokyo",
  PGDATA: "/nowhere",
  TZ: "Asia/Tokyo",
  LC_ALL: "de_DE.UTF-8",
  LANG: "de_DE.UTF-8",
  DATABASE_URL: "postgresql://203.0.113.1:1/theirs",
};

let temporary: TemporaryDatabase;
beforeAll(async () => {
  for (const [name, value] of Object.entries(OTHERS)) vi.stubEnv(name, value);
  temporary = await temporaryDatabase();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await temporary.close();
});

const freshDatabase = async (name: string, statements: readonly string[] = []): Promise<string> => {
  await poolOf(temporary.db).query(`CREATE DATABASE ${name}`);
  const url = new URL(temporary.url);
  url.pathname = `/${name}`;
  await run(url.href, statements);
  return url.href;
};

async function run<Row extends pg.QueryResultRow>(url: string, statements: readonly string[]): Promise<Row[]> {
  const client = clientOf(url);
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) ({ rows } = await client.query<Row>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

const relationsOf = async (url: string) =>
  run<{ name: string }>(url, [
    `SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  ]);

test("what a shell says of other databases, languages and zones changes nothing of ours", async () => {
  await createProject(temporary.db, { name: "in Grün", description: "" }, "test");
  expect((await listProjects(temporary.db, { archived: false })).map(({ name }) => name)).toContain("in Grün");
  const { rows } = await poolOf(temporary.db).query(
    `SELECT current_schema() AS schema, current_setting('TimeZone') AS zone, current_setting('lc_messages') AS messages, current_setting('application_name') AS program`,
  );
  expect(rows).toEqual([{ schema: "public", zone: "UTC", messages: "C", program: "" }]);
  const woken = new Promise<void>((done) => {
    const listener = listen(temporary.url);
    listener.on("queue", () => void listener.close().then(done)); // it wakes everybody when it is connected
  });
  await woken;
  expect(process.env.PGHOST).toBe(OTHERS.PGHOST); // what we start may need it
});

test("a login without a password takes none from the shell", async () => {
  const url = new URL(temporary.url);
  url.password = "";
  vi.stubEnv("PGPASSWORD", decodeURIComponent(new URL(temporary.url).password));
  await expect(migrate(url.href)).rejects.toThrow(/UNIARM_DATABASE_URL/);
  vi.stubEnv("PGPASSWORD", OTHERS.PGPASSWORD);
});

let count = 0;
afterEach(() => {
  count += 1;
});

test.each([
  ["a table", [`CREATE TABLE orders (id int)`], /tables of another program: public\.orders\./],
  ["a table in a schema of its own", [`CREATE SCHEMA shop`, `CREATE TABLE shop.orders (id int)`], /shop\.orders/],
  ["a view", [`CREATE VIEW totals AS SELECT 1 AS one`], /public\.totals/],
  [
    "another program's Prisma",
    [
      `CREATE TABLE "_prisma_migrations" (migration_name text, checksum text, finished_at timestamptz, rolled_back_at timestamptz)`,
      `INSERT INTO "_prisma_migrations" VALUES ('20200101000000_theirs', 'x', now(), NULL)`,
    ],
    /belongs to another program that uses Prisma: its last migration is 20200101000000_theirs/,
  ],
  ["another program's pg-boss", [`CREATE SCHEMA pgboss`, `CREATE TABLE pgboss.job (id int)`], /has its queue/],
])("a database with %s is refused, and left as it is", async (_, statements, sentence) => {
  const url = await freshDatabase(`foreign${count}`, statements);
  const before = await relationsOf(url);
  await expect(openDatabase(url)).rejects.toThrow(sentence);
  expect(await relationsOf(url)).toEqual(before);
});

test("a database with another program's tables is used when it is to be shared, and asked about once", async () => {
  const url = await freshDatabase("shared", [`CREATE TABLE orders (id int)`]);
  await (await openDatabase(url, { isShared: true })).close();
  await (await openDatabase(url)).close();
  expect(await relationsOf(url)).toContainEqual({ name: "public.orders" });
});

test("what an extension brings is nobody's table, and a start that was cut off is ours", async () => {
  const url = await freshDatabase("begun", [
    `CREATE EXTENSION pg_stat_statements`,
    `CREATE TABLE "_prisma_migrations" (
  id VARCHAR(36) PRIMARY KEY, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL,
  logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`,
  ]);
  expect((await migrate(url)).length).toBeGreaterThan(0);
});

test("a URL or a login that puts tables elsewhere is refused", async () => {
  const url = await freshDatabase("elsewhere", [`CREATE SCHEMA theirs`]);
  await expect(migrate(`${url}?schema=theirs`)).rejects.toThrow(/names a schema/);
  await expect(migrate(`${url}?options=-c%20search_path%3Dtheirs`)).rejects.toThrow(/in the schema theirs/);
});
