import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SleepJob } from "@uniarm/pipeline/schema";
import {
  applyRetention,
  claim,
  collectBlobs,
  deleteRuns,
  endAttempt,
  getRun,
  launchRun,
  markCheckpoint,
  openBlobStore,
  planDeletion,
  purgeRuns,
  recordEvents,
  registerBlob,
  restoreRuns,
  updateProject,
  type BlobStore,
} from "../src/index.ts";
import { openFolderStore } from "../src/blobs/folder-store.ts";
import { numbered, someWorker, temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

let temporary: TemporaryDatabase;
let store: BlobStore;
let folder: string;
beforeAll(async () => {
  temporary = await temporaryDatabase();
  folder = join(temporary.folder, "blobs");
  store = await openFolderStore(folder, { maxBytes: 1000 });
});
afterAll(async () => temporary.close());

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

async function stored(text: string) {
  const blob = await store.put(Readable.from([Buffer.from(text)]), { sha256: sha(text) });
  await registerBlob(temporary.db, blob);
  return { path: "file.txt", ...blob };
}

async function runWith(name: string, checkpoints: string[]): Promise<string> {
  const { db, projectId } = temporary;
  const id = await launchRun(db, { projectId, kind: "sleep", name, config: SleepJob.parse({}), labels: [name] });
  const { attemptId } = (await claim(db, someWorker(name)))!;
  const files = await Promise.all(checkpoints.map(stored));
  await recordEvents(db, attemptId, numbered(files.map((file, step) => ({ type: "checkpoint", step, files: [file] }))));
  await endAttempt(db, { attemptId, end: "SUCCEEDED", reason: "", exit: null, lastSequence: files.length });
  return id;
}

describe("the folder store", () => {
  test("keeps bytes by their hash, gives ranges of them, and stores equal ones once", async () => {
    const { sha256, size } = await stored("hello");
    expect({ sha256, size }).toEqual({ sha256: sha("hello"), size: 5 });
    expect((await stored("hello")).sha256).toBe(sha256);
    const stream = await store.read(sha256, { start: 1, end: 3 });
    expect(Buffer.concat(await stream.toArray()).toString()).toBe("ell");
  });

  test("takes nothing that is not what was announced, or too large, and leaves nothing of it", async () => {
    await expect(store.put(Readable.from([Buffer.from("x")]), { sha256: sha("y") })).rejects.toThrow(/announced/);
    await expect(store.put(Readable.from([Buffer.alloc(600), Buffer.alloc(600)]), { sha256: sha("") })).rejects.toThrow(
      /larger than 1000 bytes/,
    );
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
  });

  test.each(["../../etc/passwd", "..%2f", "a".repeat(63), `${"a".repeat(62)}/b`, ""])(
    "has no place for %j",
    async (name) => {
      await expect(store.read(name)).rejects.toThrow();
    },
  );

  test("clears what a killed writer left, also where the disk's clock is ahead", async () => {
    const left = join(folder, "incoming", "left");
    await writeFile(left, "half");
    const ahead = Date.now() / 1000 + 60;
    await utimes(left, ahead, ahead);
    await openBlobStore(folder);
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
  });
});

describe("deleting", () => {
  test("is planned, can be taken back, and in the end frees only what nobody else refers to", async () => {
    const { db } = temporary;
    const one = await runWith("one", ["shared by both", "of one alone"]);
    const other = await runWith("other", ["shared by both"]);
    expect(await planDeletion(db, [one])).toMatchObject({ runs: 1, checkpoints: 2, bytes: "of one alone".length });
    await deleteRuns(db, [one]);
    await deleteRuns(db, [one]);
    await expect(getRun(db, one)).rejects.toThrow(/no run/);
    await restoreRuns(db, [one]);
    expect((await getRun(db, one)).checkpoints.length).toBe(2);
    await deleteRuns(db, [one]);
    expect(await purgeRuns(db, { olderThanSeconds: 3600 })).toBe(0);
    expect(await purgeRuns(db, { olderThanSeconds: 0 })).toBe(1);
    expect(await purgeRuns(db, { olderThanSeconds: 0 })).toBe(0);
    expect(await collectBlobs(db, store)).toEqual({ blobs: 0, bytes: 0 }); // too young
    const dry = await collectBlobs(db, store, { dryRun: true, youngSeconds: 0 });
    expect(await collectBlobs(db, store, { youngSeconds: 0 })).toEqual(dry);
    expect(await store.sizeOf(sha("of one alone"))).toBeNull();
    expect(await store.sizeOf(sha("shared by both"))).toBe("shared by both".length);
    expect((await getRun(db, other)).checkpoints.length).toBe(1);
  });

  test("retention keeps the newest, the best and the kept", async () => {
    const { db, projectId } = temporary;
    const id = await runWith("retained", ["c0", "c1", "c2", "c3", "c4"]);
    const { checkpoints } = await getRun(db, id);
    const at = (step: number): string => checkpoints.find((one) => Number(one.step) === step)!.id;
    await markCheckpoint(db, at(0), { best: true }, "test");
    await markCheckpoint(db, at(1), { kept: true }, "test");
    expect(await applyRetention(db, { dryRun: true })).toEqual({ checkpoints: 0 }); // no policy, nothing goes
    const retention = { keepBest: true, keepLast: 2, keepDays: 0 };
    await updateProject(db, projectId, { retention }, "test");
    expect(await applyRetention(db, { dryRun: true })).toEqual({ checkpoints: 1 });
    expect(await applyRetention(db)).toEqual({ checkpoints: 1 });
    expect(await applyRetention(db)).toEqual({ checkpoints: 0 });
    expect((await getRun(db, id)).checkpoints.map(({ step }) => Number(step))).toEqual([0, 1, 3, 4]);
  });
});
