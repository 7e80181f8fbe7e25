import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resourcesOf } from "@uniarm/pipeline/schema";
import { readSite, Site } from "../src/index.ts";
import { offerOf, secondsOf } from "../src/schema.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(async () => remove());

async function siteFile(text: string): Promise<string> {
  const path = join(folder, "slurm.yaml");
  await writeFile(path, text);
  return path;
}

describe("a site file", () => {
  test("is YAML with comments; numbers may be written as such", async () => {
    const path = await siteFile("job:\n  time: 90 # minutes\n  memory: 500\nsetup:\n  - module load cuda/12.4\n");
    expect(readSite(path)).toMatchObject({ job: { time: "90", memory: "500" }, setup: ["module load cuda/12.4"] });
  });

  test("that is empty leaves everything to Slurm", async () => {
    expect(readSite(await siteFile("# nothing yet\n"))).toMatchObject({ job: {}, saveSeconds: 120, arrayTasks: 1000 });
  });

  test.each([
    ["job: {partition: 'a b'}", "job.partition: a name as Slurm has it, without blanks or quotes"],
    ["job: {time: soon}", "job.time: as Slurm writes it"],
    ["job: {cpu: 4}", 'job: Unrecognized key: "cpu"'],
    ["kinds: {training: {}}", "kinds"],
    ["setup: ['a\\nb']\nlabels: {GPU: {}}", "labels"],
    ['setup: ["a\\nrm -rf /"]', "setup.0: one line"],
    ["job: {lines: [constraint]}", "job.lines.0: an option of sbatch: --constraint=a100"],
    ["labels: {short: {time: 2}}", "labels.short.time: 2 is not longer than saveSeconds, 120"],
    ["job: [", "is no YAML"],
  ])("%j is refused with its place", async (text, sentence) => {
    const path = await siteFile(text);
    expect(() => readSite(path)).toThrow(sentence);
  });

  test("that is not there is named, with where one is shown", () => {
    expect(() => readSite(join(folder, "absent.yaml"))).toThrow(/absent\.yaml cannot be read.*docs\/slurm\.md/);
  });
});

test("a job asks for what every job does, then its kind, its project, then each label of its run", () => {
  const site = Site.parse({
    job: { partition: "main", cpus: 2, time: "1:00:00" },
    kinds: { train: { gres: "gpu:1", time: "8:00:00" } },
    projects: { safety: { account: "safety", gres: "gpu:v100:1" } },
    labels: { large: { gres: "gpu:a100:4", memory: "200G" }, urgent: { qos: "high" } },
  });
  const project = "default";
  expect(resourcesOf(site, { kind: "decode", project, labels: [] })).toEqual({
    partition: "main",
    cpus: 2,
    time: "1:00:00",
  });
  expect(resourcesOf(site, { kind: "train", project, labels: ["large", "urgent", "unknown"] })).toEqual({
    partition: "main",
    cpus: 2,
    time: "8:00:00",
    gres: "gpu:a100:4",
    memory: "200G",
    qos: "high",
  });
  const ofProject = (labels: string[]) => resourcesOf(site, { kind: "train", project: "safety", labels });
  expect(ofProject([])).toMatchObject({ account: "safety", gres: "gpu:v100:1", time: "8:00:00", cpus: 2 });
  expect(ofProject(["large"])).toMatchObject({ account: "safety", gres: "gpu:a100:4", memory: "200G" });
});

test("a project's time limit, too, is longer than saving takes", () => {
  expect(() => Site.parse({ projects: { safety: { time: 1 } } })).toThrow("1 is not longer than saveSeconds, 120");
});

test("what a site offers holds no setup and no further options; jobs that differ in these alone still do", () => {
  const site = Site.parse({
    job: { partition: "main", lines: ["--export=TOKEN=secret"] },
    kinds: { train: { lines: ["--constraint=a100"] } },
    labels: { same: { lines: ["--export=TOKEN=secret"] } },
    setup: ["export TOKEN=secret"],
    prefix: ["apptainer", "exec"],
  });
  expect(offerOf(site)).toEqual({
    job: { partition: "main", furtherOptions: 1 },
    kinds: { train: { furtherOptions: 2 } },
    projects: {},
    labels: { same: { furtherOptions: 1 } },
    arrayTasks: 1000,
  });
});

test.each([
  ["90", 5400],
  ["1:30", 90],
  ["2:00:01", 7201],
  ["1-12", 129_600],
  ["1-12:30", 131_400],
  ["1-00:00:05", 86_405],
  ["0", null],
  ["UNLIMITED", null],
  ["", null],
])("the time limit %j is %s seconds", (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});
