import { UniArmError } from "@uniarm/core/schema";
import { SleepJob } from "@uniarm/pipeline/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addModel,
  createProject,
  databaseProblem,
  ensureProject,
  findProject,
  getRun,
  launchRun,
  listAudit,
  listGroups,
  listModels,
  listProjects,
  removeModel,
  updateProject,
  updateRun,
} from "../src/index.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

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
