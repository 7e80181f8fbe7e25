import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadCheckpoint, openEngine } from "@uniarm/core";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../run-cli.ts";
import { expectSmallDemo, SMALL } from "../small-demo.ts";

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(async () => remove());

test.each(["parm", "genarm"])("a small demo with %s goes through every stage and leaves its files", async (method) => {
  await expectSmallDemo(method, join(folder, method));
});

test("Ctrl-C while the demo trains leaves a loadable checkpoint, and --resume ends it", async () => {
  const output = join(folder, "interrupted");
  let sent = false;
  const args = ["demo", ...SMALL, "--steps", "20", "--output", output, "--json"];
  const first = await runCli(args, (printed, kill) => {
    if (sent || !printed.includes('"phase":"train","done":5,')) return;
    sent = true;
    kill("SIGINT");
  });
  expect(first.code).toBe(130);
  await openEngine();
  const checkpoint = await loadCheckpoint(join(output, "training/rounds/00/training"));
  expect(checkpoint.manifest.step).toBeGreaterThanOrEqual(5);
  expect(checkpoint.manifest.step).toBeLessThan(20);

  const config = JSON.parse(await readFile(join(output, "config.json"), "utf8")) as { steps: number };
  expect(config.steps).toBe(20);
  const second = await runCli(["demo", "--resume", output, "--json"]);
  expect(second.code).toBe(0);
  expect(second.stdout).toContain(`"done":${checkpoint.manifest.step + 1},"total":25`);
});
