import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resourcesOf } from "@uniarm/pipeline/schema";
import { readSite, secondsOf, Site } from "../src/index.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(async () => remove());

const NEEDED = "namespace: align\nimage: uniarm-worker:1\nclaim: {name: uniarm, mountPath: /shared}\n";

async function siteFile(text: string): Promise<string> {
  const path = join(folder, "kubernetes.yaml");
  await writeFile(path, text);
  return path;
}

describe("a site file", () => {
  test("needs a namespace, an image and a claim; the rest has defaults", async () => {
    expect(readSite(await siteFile(NEEDED))).toMatchObject({ job: {}, user: 1000, saveSeconds: 120, arrayTasks: 1000 });
    const empty = await siteFile("# nothing yet\n");
    for (const name of ["namespace", "image", "claim"]) expect(() => readSite(empty)).toThrow(`\n  ${name}: `);
  });

  test.each([
    ["job: {cpu: 4}", 'job: Unrecognized key: "cpu"'],
    ["job: {memory: 16}", "job.memory"],
    ["job: {memory: 16GB}", "job.memory: a number with Mi, Gi or Ti: 16Gi"],
    ["job: {time: soon}", "job.time: a number with m, h or d: 30m, 4h, 2d"],
    ["labels: {short: {time: 2m}}", "labels.short.time: 2m is not longer than saveSeconds, 120"],
    ["kinds: {training: {}}", "kinds"],
    ["labels: {GPU: {}}", "labels"],
    ["secrets: {JUDGE_KEY: abc}", "secrets.JUDGE_KEY"],
    ["environment: {JUDGE_KEY: abc}", 'Unrecognized key: "environment"'],
    ["user: 0", "user"],
    ["job: {tolerations: [{key: gpu, effect: Never}]}", "job.tolerations.0.effect"],
    ["job: [", "is no YAML"],
  ])("%j is refused with its place", async (text, sentence) => {
    const path = await siteFile(`${NEEDED}${text}\n`);
    expect(() => readSite(path)).toThrow(sentence);
  });

  test("of docs/kubernetes.md is one", async () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/kubernetes.md"), "utf8");
    const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text!);
    const site = readSite(await siteFile(blocks.find((text) => text.startsWith("namespace:"))!));
    expect(resourcesOf(site, { project: "align", kind: "train", labels: ["large"] })).toMatchObject({
      gpus: 4,
      time: "1d",
      cpus: 4,
    });
  });

  test("that is not there is named, with where one is shown", () => {
    expect(() => readSite(join(folder, "absent.yaml"))).toThrow(/absent\.yaml cannot be read.*docs\/kubernetes\.md/);
  });
});

test("a job asks for what every job does, then its kind, its project, then each label of its run", () => {
  const site = Site.parse({
    namespace: "align",
    image: "uniarm-worker:1",
    claim: { name: "uniarm", mountPath: "/shared" },
    job: { cpus: 2, time: "1h" },
    kinds: { train: { gpus: 1, time: "8h" } },
    projects: { thesis: { gpus: 2, priorityClass: "low" } },
    labels: { large: { gpus: 4, memory: "200Gi" } },
  });
  expect(resourcesOf(site, { project: "thesis", kind: "train", labels: [] })).toEqual({
    cpus: 2,
    time: "8h",
    gpus: 2,
    priorityClass: "low",
  });
  expect(resourcesOf(site, { project: "align", kind: "decode", labels: [] })).toEqual({ cpus: 2, time: "1h" });
  expect(resourcesOf(site, { project: "align", kind: "train", labels: ["large", "unknown"] })).toEqual({
    cpus: 2,
    time: "8h",
    gpus: 4,
    memory: "200Gi",
  });
});

test.each([
  ["30m", 1800],
  ["4h", 14_400],
  ["2d", 172_800],
  ["0h", null],
  ["4", null],
  ["1h30m", null],
])("the time limit %j is %s seconds", (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});
