import { existsSync, readdirSync } from "node:fs";
import { chown, mkdir } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SleepJob } from "@uniarm/pipeline/schema";
import {
  claim,
  committedMigrations,
  ensureProject,
  getRun,
  launchRun,
  migrate,
  newId,
  openDatabase,
  startPostgres,
  type EmbeddedPostgres,
} from "../src/index.ts";
import { freePort } from "../src/embedded/port.ts";
import { checkVersion } from "../src/migrate/migrate.ts";
import { someWorker, temporaryFolder } from "../src/testing/index.ts";
import { pendingMigration } from "../tooling/schema-engine.ts";

let folder: string;
let remove: () => Promise<void>;
let postgres: EmbeddedPostgres;

beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
  postgres = await startPostgres({ folder });
});
afterAll(async () => {
  await postgres.stop();
  await remove();
});

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(sql).finally(() => client.end());
  return rows;
}

async function emptyDatabase(): Promise<string> {
  const name = `d${newId()}`;
  await query(postgres.url, `CREATE DATABASE "${name}"`);
  return postgres.url.replace(/\/[^/]*$/, `/${name}`);
}

const later = (name: string, sql: string) => ({ name: `29990101000000_${name}`, sql, checksum: name });

describe("the migrations", () => {
  test("make what schema.prisma says", async () => {
    expect(await pendingMigration(postgres.url)).toBeNull();
  });

  test("bring a database of the first version, with data, to this one", async () => {
    const url = await emptyDatabase();
    const all = committedMigrations();
    await migrate(url, all.slice(0, 1));
    await query(
      url,
      `INSERT INTO "Project" (id, name) VALUES ('p', 'old');
       INSERT INTO "Experiment" (id, "projectId", name) VALUES ('g', 'p', 'sweep');
       INSERT INTO "Run" (id, "projectId", kind, name, state, config, "configHash", "inputHash") VALUES ('r', 'p', 'sleep', 'old run', 'SUCCEEDED', '{}', 'c', 'i');
       INSERT INTO "Run" (id, "projectId", "experimentId", kind, name, state, config, "configHash", "inputHash") VALUES ('e', 'p', 'g', 'experiment', 'old study', 'SUCCEEDED', '{"arms": [{"name": "a"}], "seed": 3}', 'c', 'i');
       INSERT INTO "MetricSeries" ("runId", key, last, "lastStep", count) VALUES ('r', 'loss', 1, 7, 1);
       INSERT INTO "MetricPoint" ("seriesId", step, attempt, value, time) SELECT id, 7, 1, 'NaN', now() FROM "MetricSeries"`,
    );
    expect(await migrate(url, all)).toEqual(all.slice(1).map(({ name }) => name));
    const db = await openDatabase(url);
    expect(await getRun(db, "r")).toMatchObject({
      name: "old run",
      state: "SUCCEEDED",
      series: [{ key: "loss", last: 1 }],
    });
    expect(await getRun(db, "e")).toMatchObject({
      kind: "study",
      config: { methods: [{ name: "a" }], seed: 3 },
      group: { name: "sweep" },
    });
    await db.close();
  });

  test("applied by five programs at once are applied once", async () => {
    const url = await emptyDatabase();
    const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(url)));
    expect(applied.flat()).toEqual(committedMigrations().map(({ name }) => name));
  });

  test("that fail leave the old version working", async () => {
    const url = await emptyDatabase();
    await migrate(url);
    const broken = later("broken", `CREATE TABLE "Half" (id int); SELECT nonsense;`);
    await expect(migrate(url, [...committedMigrations(), broken])).rejects.toThrow(
      /29990101000000_broken failed: column "nonsense" does not exist.*as it was before/s,
    );
    expect(await query(url, `SELECT to_regclass('"Half"') AS half`)).toEqual([{ half: null }]);
    const db = await openDatabase(url);
    const { projectId } = await ensureProject(db, "p");
    await launchRun(db, { projectId, kind: "sleep", name: "still works", config: SleepJob.parse({}), labels: ["x"] });
    expect((await claim(db, someWorker("x")))?.name).toBe("still works");
    await db.close();
  });

  test("of a newer program are refused by this one, as is one whose text was changed", async () => {
    const url = await emptyDatabase();
    const own = committedMigrations();
    await migrate(url, [...own, later("newer", "SELECT 1")]);
    await expect(migrate(url)).rejects.toThrow(/made by a newer version.*29990101000000_newer/);
    const other = await emptyDatabase();
    await migrate(other, own);
    await expect(
      migrate(
        other,
        own.map((one) => ({ ...one, checksum: `${one.checksum.slice(1)}0` })),
      ),
    ).rejects.toThrow(/with another text/);
  });
});

test("a wrong password is named, and not shown", async () => {
  const url = new URL(postgres.url);
  url.password = "not-the-password";
  const refused = migrate(url.href);
  await expect(refused).rejects.toThrow(
    /refused the login of UNIARM_DATABASE_URL \(postgresql:\/\/uniarm@127\.0\.0\.1/,
  );
  await expect(refused).rejects.not.toThrow(/not-the-password/);
});

test.each([
  ["120022", 12],
  ["90624", 9],
])("PostgreSQL %s is too old, which is said with what to do", async (number, major) => {
  const server = { query: () => Promise.resolve({ rows: [{ server_version_num: number }] }) };
  await expect(checkVersion(server)).rejects.toThrow(
    `UNIARM_DATABASE_URL is a PostgreSQL ${major}; 13 or newer is needed. Upgrade the server, or unset UNIARM_DATABASE_URL to use the embedded one.`,
  );
});

test("fronts cannot be changed", async () => {
  const url = await emptyDatabase();
  await migrate(url);
  await query(
    url,
    `INSERT INTO "Project" (id, name) VALUES ('p', 'p');
     INSERT INTO "Run" (id, "projectId", kind, name, state, config, "configHash", "inputHash") VALUES ('r', 'p', 'evaluate', 'r', 'SUCCEEDED', '{}', 'c', 'i');
     INSERT INTO "Evaluation" (id, "runId", "protocolHash", report) VALUES ('e', 'r', 'h', '{}');
     INSERT INTO "ParetoFront" (id, "runId", "evaluationId", name, "protocolHash", objectives, normaliser, "referencePoint", hypervolume, "meanInnerProduct")
       VALUES ('f', 'r', 'e', 'front', 'h', '{a}', '{}', '{0}', 1, 1)`,
  );
  await expect(query(url, `UPDATE "ParetoFront" SET hypervolume = 2`)).rejects.toThrow("ParetoFront is immutable");
});

/** A PostgreSQL of the system, where one is installed: another version than the embedded one. */
const DEBIAN = "/usr/lib/postgresql";
const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];

describe.runIf(versions.length > 0)(
  `PostgreSQL ${versions.join(", ")} of the system (skipped where none is installed: apt-get install postgresql)`,
  () => {
    test.each(versions)("%s takes the migrations and does the work", async (version) => {
      const { folder: place, remove: clean } = await temporaryFolder();
      const data = join(place, "data");
      await mkdir(data, { mode: 0o700 });
      const root = process.getuid?.() === 0;
      const [uid, gid] = root
        ? ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" })))
        : [process.getuid!(), process.getgid!()];
      if (root) await chown(data, uid!, gid!);
      const as = { uid: uid!, gid: gid!, cwd: "/", stdio: "ignore" as const };
      const bin = (name: string): string => join(DEBIAN, version, "bin", name);
      execFileSync(bin("initdb"), ["-D", data, "-U", "postgres", "--auth=trust", "--locale=C", "--encoding=UTF8"], as);
      const port = await freePort(undefined);
      execFileSync(
        bin("pg_ctl"),
        ["-D", data, "-w", "-o", `-p ${port} -k '' -c listen_addresses=127.0.0.1`, "start"],
        as,
      );
      try {
        const db = await openDatabase(`postgresql://postgres@127.0.0.1:${port}/postgres`);
        const { projectId } = await ensureProject(db, "p");
        await launchRun(db, {
          projectId,
          kind: "sleep",
          name: "on another version",
          config: SleepJob.parse({}),
          labels: ["x"],
        });
        expect((await claim(db, someWorker("x")))?.name).toBe("on another version");
        await db.close();
      } finally {
        execFileSync(bin("pg_ctl"), ["-D", data, "-m", "immediate", "stop"], as);
        await clean();
      }
    });
  },
);
