import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../run-cli.ts";

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  process.env.UNIARM_DATA = join(folder, "no-server");
});
afterAll(async () => {
  delete process.env.UNIARM_DATA;
  await remove();
});

interface Step {
  jobs: string[];
  kinds: string[];
  arrays: number;
  hoursAtMost: number;
  gpuHoursAtMost: number;
  script: string;
}

test("the site file of docs/slurm.md is one, and a study is planned by it before anything is submitted", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/slurm.md"), "utf8");
  const site = join(folder, "slurm.yaml");
  await writeFile(site, /```yaml\n([\s\S]*?)```/.exec(page)![1]!);
  const study = join(folder, "study.json");
  const quick = JSON.parse((await runCli(["study", "show", "quick"])).stdout) as object;
  await writeFile(study, JSON.stringify({ ...quick, seeds: [0, 1, 2], decodeShards: 4 }));

  const { code, stdout, stderr } = await runCli(["study", "plan", study, "--slurm", site, "--json"]);
  expect(code, stderr).toBe(0);
  const { jobs, steps } = JSON.parse(stdout) as { jobs: number; steps: Step[] };
  expect(steps.reduce((sum, step) => sum + step.jobs.length, 0)).toBe(jobs);
  const training = steps.find(({ kinds }) => kinds.includes("train"))!;
  expect(training).toMatchObject({ arrays: 1, hoursAtMost: 72, gpuHoursAtMost: 72 });
  expect(training.jobs.length).toBe(3);
  expect(training.script).toContain("#SBATCH --array=0-2\n");
  expect(training.script).toContain("#SBATCH --gres=gpu:1\n");

  const shown = await runCli(["study", "plan", study, "--slurm", site, "--label", "large"]);
  expect(shown.stdout).toMatch(/^step +kinds +jobs +arrays +asks for +hours at most +GPU hours at most/m);
  expect(shown.stdout).toContain("#SBATCH --constraint=a100\n");
});

test("the site file of docs/kubernetes.md is one, and a study is planned by it: a manifest for each kind of pod", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/kubernetes.md"), "utf8");
  const site = join(folder, "kubernetes.yaml");
  const file = /```yaml\n(namespace: [\s\S]*?)```/.exec(page)![1]!;
  await writeFile(site, file);
  const { code, stdout, stderr } = await runCli(["study", "plan", "quick", "--kubernetes", site, "--json"]);
  expect(code, stderr).toBe(0);
  const { jobs, steps } = JSON.parse(stdout) as { jobs: number; steps: Step[] };
  expect(steps.reduce((sum, step) => sum + step.jobs.length, 0)).toBe(jobs);
  const training = steps.find(({ kinds }) => kinds.includes("train"))!;
  expect(training.script).toMatch(/^kind: Job$/m);
  expect(training.script).toMatch(/^ {2}completionMode: Indexed$/m);
  expect(training.script).toMatch(new RegExp(`^ {2}completions: ${training.jobs.length}$`, "m"));
  expect(training.gpuHoursAtMost).toBeGreaterThan(0);

  const shown = await runCli(["study", "plan", "quick", "--kubernetes", site]);
  expect(shown.stdout).toMatch(/^step +kinds +jobs +Indexed Jobs +asks for +hours at most/m);
  const both = await runCli(["study", "plan", "quick", "--kubernetes", site, "--slurm", site]);
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("A plan is of one site")]);
});
