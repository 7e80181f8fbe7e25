import { SleepJob } from "@uniarm/pipeline/schema";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  deleteRuns,
  launchRun,
  listTrash,
  purgeRuns,
  resolveDeletedIds,
  resolveRunId,
  restoreRuns,
} from "../src/index.ts";
import { poolOf, temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

const DAY = 24 * 3600;
let database: TemporaryDatabase;
beforeAll(async () => {
  database = await temporaryDatabase();
});
afterAll(async () => database.close());

const sql = async (text: string, values: unknown[] = []) => poolOf(database.db).query(text, values);

/** A study with two stages, one of which has a part of its own, and a run that took the part's outputs. */
let ids: Record<"study" | "stage" | "part" | "other" | "taker", string>;
beforeEach(async () => {
  const { db, projectId } = database;
  await sql(`DELETE FROM "Run"`);
  const ended = async (name: string, parent: string | null, cachedFrom: string | null = null): Promise<string> => {
    const id = await launchRun(db, { projectId, kind: "sleep", name, config: SleepJob.parse({}), labels: [] });
    await sql(`UPDATE "Run" SET state = 'SUCCEEDED', "parentId" = $2, "cachedFromId" = $3 WHERE id = $1`, [
      id,
      parent,
      cachedFrom,
    ]);
    return id;
  };
  const study = await ended("study", null);
  const stage = await ended("stage", study);
  const part = await ended("part", stage);
  ids = { study, stage, part, other: await ended("other", study), taker: await ended("taker", null, part) };
});

const names = async (where: string): Promise<string[]> =>
  (await sql(`SELECT name FROM "Run" WHERE ${where} ORDER BY name`)).rows.map(({ name }: { name: string }) => name);
const shown = async () => names(`"deletedAt" IS NULL`);
const hidden = async () => names(`"deletedAt" IS NOT NULL`);
const deleteAll = async () => deleteRuns(database.db, [ids.study, ids.taker]);
const age = async (days: number) =>
  sql(`UPDATE "Run" SET "deletedAt" = "deletedAt" - make_interval(days => $1)`, [days]);
const purge = async () => purgeRuns(database.db, { olderThanSeconds: 7 * DAY });

test("a part that is restored brings back what it is in, and stays when the rest goes for good", async () => {
  await deleteAll();
  await restoreRuns(database.db, [ids.part]);
  expect(await shown()).toEqual(["part", "stage", "study"]);
  await age(8);
  expect(await purge()).toBe(2);
  expect(await names("true")).toEqual(["part", "stage", "study"]);
});

test("a run that took another's outputs brings it back, with what that is in", async () => {
  await deleteAll();
  await restoreRuns(database.db, [ids.taker]);
  expect(await shown()).toEqual(["part", "stage", "study", "taker"]);
  expect(await hidden()).toEqual(["other"]);
});

test("a study that is restored brings back everything in it", async () => {
  await deleteAll();
  await restoreRuns(database.db, [ids.study]);
  expect(await shown()).toEqual(["other", "part", "stage", "study"]);
});

test("a part that was deleted later than its study can be restored for as long as any run", async () => {
  await deleteAll();
  await age(8);
  await sql(`UPDATE "Run" SET "deletedAt" = now() WHERE id = $1`, [ids.part]);
  expect(await purge()).toBe(2); // "other" and "taker"
  expect(await hidden()).toEqual(["part", "stage", "study"]);
  await restoreRuns(database.db, [ids.part]);
  expect(await shown()).toEqual(["part", "stage", "study"]);
});

test("a part that an older version restored alone is never removed with its study", async () => {
  await deleteAll();
  await age(8);
  await sql(`UPDATE "Run" SET "deletedAt" = NULL WHERE id = $1`, [ids.part]);
  await purge();
  expect(await shown()).toEqual(["part"]);
});

test("the trash has each deletion once, with what went with it, and says when it goes for good", async () => {
  const seconds = 7 * DAY;
  const listed = async () =>
    (await listTrash(database.db, { projectId: database.projectId, restoreSeconds: seconds })).map(
      ({ name, parent, inside, deletedAt, purgedAfter }) => [
        name,
        parent,
        inside,
        Math.round((purgedAfter.getTime() - deletedAt.getTime()) / 1000),
      ],
    );
  expect(await listed()).toEqual([]);
  await deleteRuns(database.db, [ids.other]);
  expect(await listed()).toEqual([["other", "study", 0, seconds]]);
  await deleteAll();
  expect((await listed()).toSorted()).toEqual([
    ["other", "study", 0, seconds],
    ["study", null, 3, seconds],
    ["taker", null, 0, seconds],
  ]);
  await age(1);
  await sql(`UPDATE "Run" SET "deletedAt" = "deletedAt" + interval '1 day' WHERE id = $1`, [ids.part]);
  expect((await listed()).find(([name]) => name === "study")).toEqual(["study", null, 3, seconds + DAY]);
});

test("a deleted run is found by the beginning of its id, and whoever asks for it is told", async () => {
  await deleteAll();
  expect(await resolveDeletedIds(database.db, [ids.taker.slice(0, 11)])).toEqual([ids.taker]);
  await expect(resolveRunId(database.db, ids.taker)).rejects.toThrow(
    `Run taker (${ids.taker}) was deleted. While it is in the trash it can be brought back: uniarm runs restore ${ids.taker}`,
  );
  await restoreRuns(database.db, [ids.taker]);
  await expect(resolveDeletedIds(database.db, [ids.taker])).rejects.toThrow(/no deleted run .*uniarm runs trash/);
});

test("what was deleted long enough ago goes for good, parts first", async () => {
  await deleteAll();
  await age(8);
  expect(await purge()).toBe(5);
  expect(await names("true")).toEqual([]);
});

test("a run whose restoring is under way is left alone", async () => {
  await deleteAll();
  await age(8);
  const client = await poolOf(database.db).connect();
  await client.query("BEGIN");
  await client.query(`UPDATE "Run" SET "deletedAt" = NULL WHERE id = $1`, [ids.taker]);
  await purge();
  await client.query("COMMIT");
  client.release();
  expect(await shown()).toEqual(["taker"]);
});
