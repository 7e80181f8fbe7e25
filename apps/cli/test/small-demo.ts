import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EvaluationReport } from "@uniarm/core/schema";
import { expect } from "vitest";
import { runCli } from "./run-cli.ts";

/** Every stage with the fewest pairs; the quick demo as it is runs in .ci/run. */
export const SMALL = ["--quick", "--pairs", "64"];

/** Runs a small demo and looks at what it prints and leaves. */
export async function expectSmallDemo(method: string, output: string): Promise<void> {
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
}
