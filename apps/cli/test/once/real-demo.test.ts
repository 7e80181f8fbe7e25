import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { modelPath } from "@uniarm/core";
import { EvaluationReport } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../run-cli.ts";

const NAME = "smollm2-135m";
const isThere = ((): boolean => {
  try {
    return existsSync(modelPath(NAME));
  } catch {
    return false;
  }
})();

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(async () => remove());

test.skipIf(!isThere)(
  `the real demo goes through every stage on SmolLM2 (skipped until it is in the cache: uniarm models pull ${NAME})`,
  async () => {
    const output = join(folder, "demo");
    const { code, stdout, stderr } = await runCli(["demo", "--base", "smollm2", "--quick", "--output", output]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^train .* 1\/2 steps, .*; loss \d+\.\d\d/m); // while it works
    expect(stdout).toContain("Spearman of mean reward and preference along the grid: cheerful");
    expect(stdout).toMatch(/Perplexity under the base model: at most \d+\.\d\d times/);
    const report = EvaluationReport.parse(JSON.parse(await readFile(join(output, "report.json"), "utf8")));
    expect(report.front.points).toHaveLength(11);
    expect(report.base?.fluency?.basePerplexity.value).toBeGreaterThan(1);
  },
);
