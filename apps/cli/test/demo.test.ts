import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadCheckpoint, openEngine } from "@uniarm/core";
import { EvaluationReport } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

/** Every phase with the fewest pairs; the quick demo as it is runs in .ci/run. */
const SMALL = ["--quick", "--pairs", "64"];
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  const temporary = await temporaryFolder();
  folder = temporary.path;
  remove = async () => temporary.remove();
});
afterAll(async () => remove());

test.each(["uniarm", "parm", "genarm"])(
  "a small demo with %s goes through every phase and leaves its files",
  async (method) => {
    const output = join(folder, method);
    const { code, stdout, stderr } = await runCli([
      "demo",
      ...SMALL,
      "--steps",
      "5",
      "--method",
      method,
      "--output",
      output,
    ]);
    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    expect(stdout).toContain("exact optimum    0.869                    0.735");
    const report = EvaluationReport.parse(JSON.parse(await readFile(join(output, "report.json"), "utf8")));
    expect(report.front.points).toHaveLength(11);
    const lines = (await readFile(join(output, "generations.jsonl"), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(8 * 11);
    expect(await readFile(join(output, "front.svg"), "utf8")).toMatch(/^<svg/);
  },
);

test("a demo folder that holds a run is not written over, and the sentence says how to go on", async () => {
  const { code, stderr } = await runCli(["demo", "--quick", "--output", join(folder, "uniarm")]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/already holds a run\. Go on with it by --resume .*or choose another folder with --output/);
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
  const checkpoint = await loadCheckpoint(join(output, "training"));
  expect(checkpoint.manifest.step).toBeGreaterThanOrEqual(5);
  expect(checkpoint.manifest.step).toBeLessThan(20);

  const config = JSON.parse(await readFile(join(output, "config.json"), "utf8")) as { steps: number };
  expect(config.steps).toBe(20);
  const second = await runCli(["demo", "--resume", output, "--json"]);
  expect(second.code).toBe(0);
  expect(second.stdout).toContain(`"done":${checkpoint.manifest.step + 1},"total":20`);
});
