import { UniArmError } from "@uniarm/core/schema";
import { SleepJob } from "@uniarm/pipeline/schema";
import type { PoolClient } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addModel,
  beginRecord,
  changedRuns,
  createProject,
  databaseProblem,
  endAttempt,
  ensureProject,
  findProject,
  getRun,
  launchRun,
  listAudit,
  listGroups,
  listModels,
  listProjects,
  recordEvents,
  removeModel,
  updateProject,
  updateRun,
} from "../src/index.ts";
import { poolOf, temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

let temporary: TemporaryDatabase;
beforeAll(async () => {
  temporary = await temporaryDatabase();
});
afterAll(async () => temporary.close());

/** The newest notes of who did what, oldest first. */
async function noted(count: number) {
  const entries = await listAudit(temporary.db, { limit: count });
  return entries.map(({ actor, action, target, detail }) => ({ actor, action, target, detail })).reverse();
}

describe("a change that a person asked for", () => {
  test("of a project is made as a whole, and noted with it", async () => {
    const { db } = temporary;
    const id = await createProject(db, { name: "first", description: "" }, "ann");
    const retention = { keepBest: true, keepLast: 3, keepDays: 1 };
    await updateProject(db, id, { description: "of Ann", retention, archived: true }, "bob");
    expect(await listProjects(db, { archived: true })).toMatchObject([
      { id, name: "first", description: "of Ann", retention, archivedAt: expect.any(Date), runs: {}, bytes: 0 },
    ]);
    await updateProject(db, id, { retention: null, archived: false }, "bob");
    expect(await listProjects(db, { archived: false })).toContainEqual(
      expect.objectContaining({ id, name: "first", description: "of Ann", retention: null, archivedAt: null }),
    );
    expect(await noted(3)).toEqual([
      { actor: "ann", action: "projects.create", target: id, detail: { name: "first", description: "" } },
      {
        actor: "bob",
        action: "projects.update",
        target: id,
        detail: { description: "of Ann", retention, archived: true },
      },
      { actor: "bob", action: "projects.update", target: id, detail: { retention: null, archived: false } },
    ]);
  });

  test("that is refused leaves nothing, not even a note", async () => {
    const { db } = temporary;
    const [one, other] = [await ensureProject(db, "one"), await ensureProject(db, "other")];
    const before = await noted(1);
    const taken = updateProject(db, other.projectId, { name: "one", description: "changed" }, "ann");
    expect(databaseProblem(await taken.catch((error: unknown) => error))).toBe("taken");
    const again = createProject(db, { name: "one", description: "" }, "ann");
    expect(databaseProblem(await again.catch((error: unknown) => error))).toBe("taken");
    await expect(removeModel(db, "nowhere", "ann")).rejects.toThrow("There is no model nowhere");
    expect(await noted(1)).toEqual(before);
    expect(await findProject(db, "one")).toBe(one.projectId);
  });

  test("of a model is noted", async () => {
    const { db } = temporary;
    const id = await addModel(db, { name: "small", folder: "/models/small" }, "ann");
    expect(await listModels(db)).toMatchObject([{ id, name: "small", folder: "/models/small" }]);
    await removeModel(db, id, "ann");
    expect(await listModels(db)).toEqual([]);
    expect((await noted(2)).map(({ action, target }) => [action, target])).toEqual([
      ["models.add", id],
      ["models.remove", id],
    ]);
  });

  test("of a run leaves what it does not name", async () => {
    const { db, projectId } = temporary;
    const config = SleepJob.parse({});
    const id = await launchRun(db, {
      projectId,
      kind: "sleep",
      name: "before",
      notes: "old",
      config,
      labels: ["never"],
    });
    await updateRun(db, id, { name: "after", tags: ["a", "a", "b"], archived: true }, "ann");
    expect(await getRun(db, id)).toMatchObject({
      name: "after",
      notes: "old",
      tags: ["a", "b"],
      archivedAt: expect.any(Date),
    });
    await updateRun(db, id, { archived: false }, "ann");
    expect(await getRun(db, id)).toMatchObject({ name: "after", tags: ["a", "b"], archivedAt: null });
  });
});

describe("what two people change at once", () => {
  const made = async (): Promise<string> => {
    const { db, projectId } = temporary;
    const config = SleepJob.parse({});
    return launchRun(db, {
      projectId,
      kind: "sleep",
      name: "shared",
      notes: "first",
      tags: ["a"],
      config,
      labels: ["never"],
    });
  };

  test("notes that somebody saved meanwhile are not overwritten unless one knows them", async () => {
    const { db } = temporary;
    const id = await made();
    await updateRun(db, id, { notes: "ann's", before: { notes: "first" } }, "ann");
    await expect(updateRun(db, id, { notes: "bob's", before: { notes: "first" } }, "bob")).rejects.toThrow(
      "The notes of this run changed meanwhile",
    );
    expect(await getRun(db, id)).toMatchObject({ notes: "ann's" });
    await updateRun(db, id, { notes: "ann's", before: { notes: "first" } }, "bob"); // the same again is no conflict
    await updateRun(db, id, { notes: "both", before: { notes: "ann's" } }, "bob");
    expect(await getRun(db, id)).toMatchObject({ notes: "both" });
  });

  test("of many saves from one beginning exactly one is taken", async () => {
    const { db } = temporary;
    const id = await made();
    const saves = Array.from({ length: 8 }, (_, one) =>
      updateRun(db, id, { notes: `by ${one}`, before: { notes: "first" } }, "x"),
    );
    const ends = await Promise.allSettled(saves);
    const taken = ends.flatMap(({ status }, one) => (status === "fulfilled" ? [one] : []));
    expect(taken.length).toBe(1);
    expect(await getRun(db, id)).toMatchObject({ notes: `by ${taken[0]}` });
  });

  test("tags that are added at once are all there, and one is removed without the others", async () => {
    const { db } = temporary;
    const id = await made();
    await Promise.all(["b", "c", "d", "a"].map((tag) => updateRun(db, id, { addTags: [tag] }, "x")));
    await updateRun(db, id, { removeTags: ["c", "nowhere"] }, "x");
    expect((await getRun(db, id)).tags.toSorted()).toEqual(["a", "b", "d"]);
    const many = Array.from({ length: 50 }, (_, one) => `t${one}`);
    await expect(updateRun(db, id, { addTags: many }, "x")).rejects.toThrow("at most 50 tags; it would have 53");
  });
});

test("work that was recorded after it ran began and ended when it did", async () => {
  const { db, projectId } = temporary;
  const first = Date.parse("2026-01-01T12:00:00Z");
  const recorded = {
    projectId,
    kind: "demo",
    name: "demo",
    config: {},
    workerId: "w",
    host: "h",
    externalId: "demo-12345678",
    createdBy: "",
  } as const;
  const { runId, attemptId } = await beginRecord(db, recorded);
  const metric = (sequence: number, seconds: number) => ({
    type: "metric" as const,
    sequence,
    time: first + seconds * 1000,
    step: sequence,
    values: { loss: 1 },
  });
  await recordEvents(db, attemptId!, [metric(1, 0), metric(2, 30)]);
  await recordEvents(db, attemptId!, [metric(3, 38)]);
  await endAttempt(db, { attemptId: attemptId!, end: "SUCCEEDED", reason: "", exit: null, lastSequence: 3 });
  const run = await getRun(db, runId);
  const [start, end] = [new Date(first), new Date(first + 38_000)];
  expect(run).toMatchObject({ state: "SUCCEEDED", startedAt: start, endedAt: end });
  expect(run.attempts).toMatchObject([{ startedAt: start, endedAt: end }]);
});

test("a project and a group that several make at once are made once", async () => {
  const { db } = temporary;
  const places = await Promise.all(Array.from({ length: 8 }, () => ensureProject(db, "at once", "together")));
  expect(new Set(places.map((place) => JSON.stringify(place))).size).toBe(1);
  expect(await listGroups(db, places[0]!.projectId)).toMatchObject([
    { id: places[0]!.groupId, name: "together", runs: 0 },
  ]);
  expect(await ensureProject(db, places[0]!.projectId)).toEqual({ projectId: places[0]!.projectId });
});

test.each([
  ["a lost connection", { code: "ECONNRESET" }, "unavailable"],
  ["a server that shuts down", { cause: { code: "57P01" } }, "unavailable"],
  ["a pool that gave up", new Error("timeout exceeded when trying to connect"), "unavailable"],
  [
    "a name that is taken, in Prisma's words",
    { meta: { driverAdapterError: { cause: { originalCode: "23505" } } } },
    "taken",
  ],
  ["a number out of range", { code: "22003" }, "bad-value"],
  ["an error of another kind", new UniArmError("run-missing", "There is no run."), null],
  ["no error at all", undefined, null],
])("%s is told apart", (_, error, problem) => {
  expect(databaseProblem(error)).toBe(problem);
});

test("a change whose transaction ends after that of a later one is told as well, and none is told twice", async () => {
  const { db, projectId } = temporary;
  const config = SleepJob.parse({});
  const launch = (name: string): Promise<string> => launchRun(db, { projectId, kind: "sleep", name, config });
  const [early, late] = [await launch("early"), await launch("late")];
  const changed = changedRuns(db, projectId, null);
  expect(await changed()).toMatchObject({ ids: [] });
  await changed(); // what had changed shortly before
  const note = (client: Pick<PoolClient, "query">, id: string): Promise<unknown> =>
    client.query(
      `INSERT INTO "RunEvent" ("runId", sequence, type, data, time) VALUES ($1, 1000, 'notice', '{}', clock_timestamp())`,
      [id],
    );
  const slow = await poolOf(db).connect();
  await slow.query("BEGIN");
  await note(slow, early);
  await note(poolOf(db), late);
  expect((await changed())?.ids).toEqual([late]);
  await slow.query("COMMIT");
  slow.release();
  expect((await changed())?.ids).toEqual([early]);
  expect(await changed()).toBeNull();
});
