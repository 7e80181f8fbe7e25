import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { diskProblem } from "../src/health/disk-problem.ts";
import { watchHealth, type Health } from "../src/health/health.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(async () => {
  delete process.env.UNIARM_ENGINE;
  await remove();
});

const healthOf = (isHeld = () => true): Health =>
  watchHealth({ folder, host: "box", launcher: { problem: () => "" }, place: { isHeld } });

test("a folder that can be written is well, one that is gone is not, and is well again when it is back", async () => {
  const health = healthOf();
  expect(await health.check()).toBe("");
  await rm(folder, { recursive: true });
  expect(await health.check()).toMatch(`The folder ${folder} on box cannot be written: ENOENT`);
  expect(health.problem()).not.toBe("");
  await mkdir(folder);
  expect(await health.check()).toBe("");
  expect(health.problem()).toBe("");
});

test("a folder that this user may not write is named", async (context) => {
  if (process.getuid?.() === 0) context.skip("root may write everywhere");
  await chmod(folder, 0o555);
  expect(await healthOf().check()).toMatch(`The folder ${folder} on box cannot be written: EACCES`);
});

test("a place that another worker has is no place to work in", async () => {
  expect(await healthOf(() => false).check()).toMatch(/was removed, or another worker has it/);
});

test("a job without an engine makes its worker try one, until there is one", async () => {
  const health = healthOf();
  health.doubt("engine");
  process.env.UNIARM_ENGINE = "nonsense";
  expect(await health.check()).toMatch(/There is no engine on box that computes: UNIARM_ENGINE is "nonsense"/);
  process.env.UNIARM_ENGINE = "wasm";
  expect(await health.check()).toBe("");
});

test("a job that could not be started makes its worker start one", async () => {
  const health = healthOf();
  health.doubt("start");
  expect(await health.check()).toBe("");
});

test.each([
  [2 * 3_600_000, "120 minutes ahead of"],
  [-6 * 60_000, "6 minutes behind"],
])("a clock that is %i ms off is a problem with a direction", async (skewMs, words) => {
  const health = healthOf();
  health.compareClocks(0, skewMs);
  expect(await health.check()).toMatch(words);
  health.compareClocks(0, 60_000);
  expect(await health.check()).toBe("");
});

test("what the server refuses is shown beside the rest, and does not say that the machine is sick", async () => {
  const health = healthOf();
  health.refused("This worker is of another version.");
  expect(await health.check()).toBe("");
  expect(health.problem()).toBe("This worker is of another version.");
});

test("a disk's error is found below what it was wrapped in; another error is not one of the disk", async () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  expect(diskProblem(new Error("the checkpoint was not saved", { cause: full }), "/data", "box")).toBe(
    "There is no room left in /data on box (ENOSPC).",
  );
  const missing = await writeFile(join(folder, "a/b"), "").catch((error: unknown) => error);
  expect(diskProblem(missing, "/data", "box")).toBeNull();
});
