import { SleepJob } from "@uniarm/pipeline/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getRun, launchRun, newId } from "../src/index.ts";
import { freeName, memorableName } from "../src/runs/memorable-name.ts";
import { inTransaction } from "../src/database.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

let database: TemporaryDatabase;
beforeAll(async () => {
  database = await temporaryDatabase();
});
afterAll(async () => database.close());

const launched = async (name?: string): Promise<{ id: string; name: string }> => {
  const { db, projectId } = database;
  const id = await launchRun(db, { projectId, kind: "sleep", name, config: SleepJob.parse({}), labels: [] });
  return { id, name: (await getRun(db, id)).name };
};

describe("a run without a name", () => {
  test("gets two words and a number, which follow from its id", async () => {
    const { id, name } = await launched();
    expect(name).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/);
    expect(name).toBe(memorableName(id));
    expect((await launched("mine")).name).toBe("mine");
  });

  test("gets the next of its names where the project has the first, whoever has it", async () => {
    const { db, projectId } = database;
    const id = newId();
    await launched(memorableName(id));
    await launched(memorableName(id, 1));
    expect(await inTransaction(db, (client) => freeName(client, projectId, id))).toBe(memorableName(id, 2));
    expect(await inTransaction(db, (client) => freeName(client, "another project", id))).toBe(memorableName(id));
  });

  test("gets one that no other has, also where many are launched at once", async () => {
    const names = (await Promise.all(Array.from({ length: 40 }, () => launched()))).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

test("names are many: ten thousand ids have hardly two alike, and every word is used", () => {
  const names = Array.from({ length: 10_000 }, (_, index) => memorableName(`id ${index}`));
  expect(new Set(names).size).toBeGreaterThan(9_950);
  const parts = names.map((name) => name.split("-"));
  expect(new Set(parts.map(([quality]) => quality)).size).toBe(64);
  expect(new Set(parts.map(([, thing]) => thing)).size).toBe(64);
});
