import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync, gzipSync } from "node:zlib";
import { SleepJob } from "@uniarm/pipeline/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BackupManifest } from "../src/backup/manifest.ts";
import { clientOf } from "../src/connection-of.ts";
import {
  backUp,
  claim,
  committedMigrations,
  createKey,
  findCaller,
  launchRun,
  migrate,
  openBackup,
  openDatabase,
  openBlobStore,
  recordEvents,
  registerBlob,
  restorePlatform,
  startSession,
  type BlobStore,
} from "../src/index.ts";
import { numbered, poolOf, someWorker, temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

const quiet = { signal: new AbortController().signal, onProgress: () => undefined };
const VALUES = [0.1 + 0.2, -1e-310, 1e308, NaN, Infinity, -Infinity];
const TEXT = "tab\t, back\\slash, \\N, line\nend, quote', ü, \u2028";

let temporary: TemporaryDatabase;
let store: BlobStore;
let blobs: string;
let runId: string;
let secret: string;
beforeAll(async () => {
  temporary = await temporaryDatabase();
  const { db, folder, projectId } = temporary;
  blobs = join(folder, "blobs");
  store = await openBlobStore(blobs);
  ({ secret } = await createKey(db, { name: "somebody", scopes: ["read"] }));
  await startSession(db, (await findCaller(db, secret))!.keyId);
  runId = await launchRun(db, { projectId, kind: "sleep", name: "odd", notes: TEXT, config: SleepJob.parse({}) });
  const { attemptId } = (await claim(db, someWorker("odd")))!;
  const file = await stored("of a checkpoint");
  await recordEvents(
    db,
    attemptId,
    numbered([
      ...VALUES.map((value, step) => ({ type: "metric" as const, step, values: { value } })),
      { type: "checkpoint", step: 6, files: [file] },
    ]),
  );
  await stored("that nothing refers to");
});
afterAll(async () => temporary.close());

async function stored(text: string) {
  const blob = await store.put(Readable.from([Buffer.from(text)]), { sha256: shaOf(text) });
  await registerBlob(temporary.db, blob);
  return { path: "file.txt", ...blob };
}

const shaOf = (text: string): string => createHash("sha256").update(text).digest("hex");
const fileOf = (folder: string, text: string): string => join(folder, shaOf(text).slice(0, 2), shaOf(text));

let made = 0;
const newFolder = (): string => join(temporary.folder, `backup-${(made += 1)}`);
const backedUp = async (folder = newFolder(), more: Partial<Parameters<typeof backUp>[0]> = {}) => ({
  folder,
  ...(await backUp({ url: temporary.url, blobs, folder, verify: false, ...quiet, ...more })),
});

async function newDatabase(): Promise<string> {
  const name = `restored${(made += 1)}`;
  await poolOf(temporary.db).query(`CREATE DATABASE ${name}`);
  const url = new URL(temporary.url);
  url.pathname = `/${name}`;
  return url.href;
}

async function restored(folder: string, more: Partial<Parameters<typeof restorePlatform>[0]> = {}) {
  const url = more.url ?? (await newDatabase());
  const target = join(temporary.folder, `blobs-${(made += 1)}`);
  const manifest = await openBackup(folder);
  const settings = { url, isShared: false, blobs: target, folder, manifest, withoutDamaged: false, ...quiet };
  const result = await restorePlatform({ ...settings, ...more });
  return { url, blobs: target, ...result };
}

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = clientOf(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Every row of every table, as text. */
async function contentOf(url: string): Promise<Record<string, string[]>> {
  const tables = await query<{ name: string }>(
    url,
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('_prisma_migrations', 'Session', 'Blob') ORDER BY 1`,
  );
  const content: Record<string, string[]> = {};
  for (const { name } of tables)
    content[name] = (await query<{ row: string }>(url, `SELECT t::text AS row FROM "${name}" t ORDER BY 1`)).map(
      ({ row }) => row,
    );
  return content;
}

const constraintsOf = async (url: string) =>
  query(
    url,
    `SELECT conrelid::regclass::text AS table, conname, pg_get_constraintdef(oid) AS is FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`,
  );

/** Makes of a backup what the version before a migration would have written: its tables, with the columns that they had. */
async function asOfBefore(migration: string, folder: string, manifest: BackupManifest): Promise<void> {
  const all = committedMigrations();
  const older = all.slice(
    0,
    all.findIndex(({ name }) => name.endsWith(`_${migration}`)),
  );
  const url = await newDatabase();
  await migrate(url, older);
  const columns = await query<{ table: string; name: string }>(
    url,
    `SELECT table_name AS table, column_name AS name FROM information_schema.columns WHERE table_schema = 'public'`,
  );
  const tables = manifest.tables.flatMap((table) => {
    const had = new Set(columns.filter((one) => one.table === table.name).map(({ name }) => name));
    if (had.size === 0) return [];
    const kept = table.columns.flatMap((name, index) => (had.has(name) ? [index] : []));
    const file = join(folder, manifest.tablesFolder, `${table.name}.copy.gz`);
    const rows = gunzipSync(readFileSync(file)).toString().split("\n").slice(0, -1);
    const cut = rows.map((row) => `${kept.map((index) => row.split("\t")[index]).join("\t")}\n`).join("");
    const bytes = gzipSync(cut);
    writeFileSync(file, bytes);
    const names = kept.map((index) => table.columns[index]!);
    return [{ ...table, columns: names, sha256: createHash("sha256").update(bytes).digest("hex") }];
  });
  const migrations = manifest.migrations.slice(0, older.length);
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ ...manifest, tables, migrations }));
}

describe("a backup", () => {
  test("restores every row, whatever the login's settings, and every file that one names", async () => {
    const before = await contentOf(temporary.url);
    await poolOf(temporary.db).query(
      `ALTER ROLE uniarm SET extra_float_digits = -10; ALTER ROLE uniarm SET "DateStyle" = 'SQL, DMY'; ALTER ROLE uniarm SET "TimeZone" = 'Asia/Tokyo'`,
    );
    const { folder, manifest } = await backedUp();
    const made = await restored(folder);
    await poolOf(temporary.db).query(`ALTER ROLE uniarm RESET ALL`);
    expect(before.MetricPoint).toHaveLength(VALUES.length);
    expect(await contentOf(made.url)).toEqual(before);
    expect(await constraintsOf(made.url)).toEqual(await constraintsOf(temporary.url));
    expect(manifest.blobs).toEqual([{ sha256: shaOf("of a checkpoint"), size: 15 }]);
    expect(await readFile(fileOf(made.blobs, "of a checkpoint"), "utf8")).toBe("of a checkpoint");
    expect(await query(made.url, `SELECT sha256 FROM "Blob"`)).toEqual([{ sha256: shaOf("of a checkpoint") }]);
    expect(made.unfinished).toBe(1);
  });

  test("goes on as a platform: keys are valid, browsers log in again, new rows get new numbers", async () => {
    const { folder } = await backedUp();
    const { url } = await restored(folder);
    const db = await openDatabase(url);
    try {
      expect(await findCaller(db, secret)).toMatchObject({ name: "somebody" });
      expect((await poolOf(db).query(`SELECT id FROM "Session"`)).rows).toEqual([]);
      const { rows } = await poolOf(db).query<{ id: string }>(`SELECT id FROM "Attempt"`);
      const event = { type: "metric" as const, step: 7, values: { another: 1 } };
      await recordEvents(db, rows[0]!.id, numbered([event], VALUES.length + 2));
      const { rows: series } = await poolOf(db).query(`SELECT key, count FROM "MetricSeries" ORDER BY key`);
      expect(series).toEqual([
        { key: "another", count: 1 },
        { key: "value", count: VALUES.length },
      ]);
    } finally {
      await db.close();
    }
  });

  test("is readable for its owner alone", async () => {
    const { folder } = await backedUp();
    const modes = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => statSync(join(parentPath, name)).mode & 0o777);
    expect(modes.length).toBeGreaterThan(20);
    expect(new Set(modes)).toEqual(new Set([0o600]));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("in the folder of an earlier one takes its files over, and removes what is not named any more", async () => {
    const { folder, newBytes } = await backedUp();
    expect(newBytes).toBe(15);
    await writeFile(fileOf(join(folder, "blobs"), "of a checkpoint").replace(/.$/, "0"), "of another time");
    const again = await backedUp(folder);
    expect(again.newBytes).toBe(0);
    expect((await readdir(folder)).toSorted()).toEqual(["blobs", "manifest.json", again.manifest.tablesFolder]);
    expect(await readdir(join(folder, "blobs", shaOf("of a checkpoint").slice(0, 2)))).toEqual([
      shaOf("of a checkpoint"),
    ]);
  });

  test("that is cut off leaves the one before it, and the next call goes on", async () => {
    const { folder, manifest } = await backedUp();
    const stop = new AbortController();
    const cut = backedUp(folder, { signal: stop.signal, onProgress: (phase) => phase === "database" && stop.abort() });
    await expect(cut).rejects.toThrow(/abort/i);
    expect(await openBackup(folder)).toEqual(manifest);
    await restored(folder);
    await backedUp(folder);
    expect((await readdir(folder)).filter((name) => name.startsWith("tables-"))).toHaveLength(1);
  });

  test("reads its files again where it is told to, and replaces one that is damaged", async () => {
    const { folder } = await backedUp();
    await writeFile(fileOf(join(folder, "blobs"), "of a checkpoint"), "of a checkpoinT");
    expect((await backedUp(folder)).newBytes).toBe(0);
    expect((await backedUp(folder, { verify: true })).newBytes).toBe(15);
    await restored(folder);
  });

  test("tells a file that was purged meanwhile from one that the platform has lost", async () => {
    const { db, url } = temporary;
    const add = async (text: string): Promise<void> => {
      const { sha256 } = await stored(text);
      await poolOf(db).query(
        `INSERT INTO "Dataset" (id, "projectId", name, size, sha256) SELECT $1, id, $1, 1, $2 FROM "Project" LIMIT 1`,
        [text, sha256],
      );
      await poolOf(db).query(
        `INSERT INTO "StoredFile" (id, "datasetId", path, sha256, size) VALUES ($1, $1, 'x', $2, 1)`,
        [text, sha256],
      );
    };
    await add("purged");
    await add("lost");
    const purges: Promise<void>[] = [];
    const { folder, manifest } = await backedUp(newFolder(), {
      onProgress: () => {
        if (purges.length === 0)
          purges.push(
            query(url, `DELETE FROM "Dataset" WHERE id = 'purged'`).then(() => rmSync(fileOf(blobs, "purged"))),
          );
        rmSync(fileOf(blobs, "lost"), { force: true });
      },
    });
    await Promise.all(purges);
    expect(manifest.absent.map(({ sha256, why }) => [sha256, why]).toSorted()).toEqual(
      [
        [shaOf("purged"), "purged"],
        [shaOf("lost"), "missing"],
      ].toSorted(),
    );
    const made = await restored(folder);
    expect(await query(made.url, `SELECT id FROM "Dataset" WHERE "deletedAt" IS NULL`)).toEqual([]);
    expect(await query(made.url, `SELECT id FROM "StoredFile" WHERE "datasetId" IS NOT NULL`)).toEqual([]);
    await poolOf(db).query(`DELETE FROM "Dataset"`);
  });

  test.each([
    ["another platform's backup", /holds the backup of another platform, of .* nothing was changed/s],
    ["something else", /holds something else: photo\.jpg/],
  ])("is not put over %s", async (what, sentence) => {
    const { folder } = await backedUp();
    if (what === "something else") await writeFile(join(folder, "photo.jpg"), "");
    const before = await readdir(folder);
    const url = what === "something else" ? temporary.url : (await restored(folder)).url;
    await expect(backedUp(folder, { url })).rejects.toThrow(sentence);
    expect(await readdir(folder)).toEqual(before);
  });

  test("is not made of a database that another version serves, or none", async () => {
    const { folder } = await backedUp();
    const { url } = await restored(folder);
    await query(url, `DELETE FROM "_prisma_migrations" WHERE migration_name = '${committedMigrations().at(-1)!.name}'`);
    await expect(backedUp(newFolder(), { url })).rejects.toThrow(/Back it up with the version that serves it/);
    await expect(backedUp(newFolder(), { url: await newDatabase() })).rejects.toThrow(/There is no platform in/);
    await expect(backedUp(newFolder(), { blobs: newFolder() })).rejects.toThrow(
      /There is no folder .* with the files of a platform/,
    );
  });
});

describe("a restore", () => {
  test("into a platform is refused, and changes nothing", async () => {
    const { folder } = await backedUp();
    const before = await contentOf(temporary.url);
    await expect(restored(folder, { url: temporary.url })).rejects.toThrow(
      /holds a platform already \(rows in Project/,
    );
    expect(await contentOf(temporary.url)).toEqual(before);
    const blobs = newFolder();
    const other = await openBlobStore(blobs);
    await other.put(Readable.from([Buffer.from("of somebody")]), { sha256: shaOf("of somebody") });
    await expect(restored(folder, { blobs })).rejects.toThrow(/holds 1 file that is not of this backup/);
  });

  test("that is cut off leaves no database, and the next call makes it", async () => {
    const { folder } = await backedUp();
    const url = await newDatabase();
    const stop = new AbortController();
    const onProgress = (phase: string): void => {
      if (phase === "database") stop.abort();
    };
    await expect(restored(folder, { url, signal: stop.signal, onProgress })).rejects.toThrow(/abort/i);
    expect(await query(url, `SELECT id FROM "Run"`)).toEqual([]);
    await restored(folder, { url });
    expect(await query(url, `SELECT id FROM "Run"`)).toEqual([{ id: runId }]);
  });

  test("of a backup with a damaged table is refused, and leaves an empty database", async () => {
    const { folder, manifest } = await backedUp();
    const file = join(folder, manifest.tablesFolder, "MetricPoint.copy.gz");
    const url = await newDatabase();
    await appendFile(file, "x");
    await expect(restored(folder, { url })).rejects.toThrow(/table MetricPoint is not what was written/);
    await rm(file);
    await expect(restored(folder, { url })).rejects.toThrow(/table MetricPoint is not what was written \(ENOENT/);
    expect(await query(url, `SELECT id FROM "Run"`)).toEqual([]);
  });

  test("goes on without damaged files where it is told to: what they belonged to counts as removed", async () => {
    const { folder } = await backedUp();
    await writeFile(fileOf(join(folder, "blobs"), "of a checkpoint"), "of a checkpoinT");
    await expect(restored(folder)).rejects.toThrow(/Of the backup's 1 file 1 is damaged .*--without-damaged/s);
    const made = await restored(folder, { withoutDamaged: true });
    expect(made.damaged).toEqual([{ sha256: shaOf("of a checkpoint"), size: 15 }]);
    expect(await query(made.url, `SELECT step FROM "Checkpoint" WHERE "deletedAt" IS NULL`)).toEqual([]);
  });

  test("of an older version's backup is brought up to this one", async () => {
    const { folder, manifest } = await backedUp();
    await asOfBefore("provenance", folder, manifest);
    const { url } = await restored(folder);
    expect(await query(url, `SELECT name, "launchedFrom" FROM "Run" WHERE id = '${runId}'`)).toEqual([
      { name: "odd", launchedFrom: null },
    ]);
    expect(await query(url, `SELECT count(*)::int FROM "_prisma_migrations"`)).toEqual([
      { count: manifest.migrations.length },
    ]);
  });

  test.each([
    ["there is none", null, /There is no finished backup in/],
    ["it is not a list", "{", /is not the list of a backup that this version reads/],
    ["a newer version made it", { name: "99991231000000_later", checksum: "x" }, /made by a newer version/],
  ])("is refused where %s", async (_, content, sentence) => {
    const { folder, manifest } = await backedUp();
    const path = join(folder, "manifest.json");
    if (content === null) await rm(path);
    else if (typeof content === "string") await writeFile(path, content);
    else await writeFile(path, JSON.stringify({ ...manifest, migrations: [...manifest.migrations, content] }));
    await expect(openBackup(folder)).rejects.toThrow(sentence);
  });
});
