import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { resolveReferences, STAGES } from "@uniarm/pipeline";
import type { JobReport } from "@uniarm/pipeline/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jobContext } from "../src/job/context.ts";
import { stageJob } from "../src/job/stage.ts";

const home = process.cwd();
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeData();
});
afterAll(async () => {
  process.chdir(home);
  await folder.remove();
});

const OBJECTIVES = ["helpful", "harmless"].map((name) => ({ name, description: `Be ${name}.` }));
const TINY_WORLD = { type: "tiny-world", objectives: 2 };
const nowhere = (): never => {
  throw new Error("only tiny-world is read");
};
const NOWHERE = { origin: "/", input: nowhere, dataset: nowhere, checkpoint: nowhere };

/** A study's training with a round, as the graph writes it, on few steps and prompts. */
const TRAINING = {
  model: "tiny-world:quick",
  pairs: "input:pairs",
  objectives: OBJECTIVES,
  recipe: "imitation",
  steps: 3,
  batchPairs: 4,
  checkpointEvery: 2,
  adapter: { kind: "moslora", rank: 2 },
  exploration: {
    rounds: 1,
    roundSteps: 2,
    roundPrompts: 2,
    roundDivisions: 1,
    roundSamples: 1,
    scorer: TINY_WORLD,
    validationPrompts: "dataset:held-out",
    validationDivisions: 1,
    protocol: TINY_WORLD,
  },
};

/** Pairs of tiny-world and prompts that are asked in them, as a study's first job and an upload would leave them. */
async function writeData(): Promise<void> {
  const stage = await STAGES.pairs();
  const config = { model: "tiny-world:quick", objectives: 2, pairs: 16, seed: 0 };
  const context = {
    signal: new AbortController().signal,
    folder: folder.path,
    place: (name: string) => join(folder.path, name),
  };
  for await (const _ of stage(resolveReferences("pairs", config, NOWHERE), context));
  const rows = (await readFile(join(folder.path, "pairs.jsonl"), "utf8")).split("\n").slice(0, 2);
  const prompts = rows.map((row, index) => ({ id: `p${index}`, text: (JSON.parse(row) as { prompt: string }).prompt }));
  await writeFile(join(folder.path, "prompts.jsonl"), prompts.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

/** Runs a job in a folder of its own, as on a worker's disk that has nothing but the files that it was given. */
async function attempt(name: string, saved: Record<string, string> = {}): Promise<JobReport[]> {
  const place = join(folder.path, name);
  for (const [path, copy] of Object.entries(saved)) {
    await mkdir(dirname(join(place, path)), { recursive: true });
    await cp(copy, join(place, path));
  }
  for (const input of ["inputs/pairs/0/pairs.jsonl", "datasets/held-out/prompts.jsonl"]) {
    await mkdir(dirname(join(place, input)), { recursive: true });
    await cp(join(folder.path, basename(input)), join(place, input));
  }
  process.chdir(place);
  const job = stageJob(await STAGES.train());
  const inputs = { pairs: [["pairs.jsonl"]] };
  const file = {
    kind: "train" as const,
    config: TRAINING,
    step: null,
    inputs,
    datasets: ["held-out"],
    checkpoints: {},
  };
  const reports: JobReport[] = [];
  for await (const report of job(jobContext(file, new AbortController().signal, () => undefined))) reports.push(report);
  return reports;
}

type Saved = Extract<JobReport, { type: "checkpoint" }>;
const isSaved = (report: JobReport): report is Saved => report.type === "checkpoint";
const armOf = (reports: JobReport[]): string | undefined =>
  reports.flatMap((one) => (one.type === "artifact" ? one.files["adapter.safetensors"]! : [])).at(-1);

test("a training with rounds goes on from any of its checkpoints on another disk, to the same ARM", async () => {
  const reports = await attempt("first");
  const fronts = reports.flatMap((report) => (report.type === "report" ? `${report.name} of ${report.method}` : []));
  expect(fronts).toEqual(["round 0 of uniarm", "round 1 of uniarm"]);
  expect(reports.at(-1)).toMatchObject({ type: "ended", end: "SUCCEEDED" });
  const saved = reports.filter(isSaved);
  expect(saved.map(({ step }) => step)).toEqual([2, 3, 5, 5]);
  expect(Object.keys(saved.at(-1)!.files).toSorted()).toEqual([
    ...["adapter.safetensors", "manifest.json", "resume.json", "resume.safetensors"].map(
      (name) => `output/checkpoints/step-000005/${name}`,
    ),
    "output/config.json",
  ]);
  const adapter = await readFile(armOf(reports)!);
  const uploads = join(folder.path, "uploads"); // the worker's disk is lost: what it sent is all that there is
  const sent = await Promise.all(
    saved.map(async ({ files }, index) => {
      const copies = Object.keys(files).map((path) => [path, join(uploads, String(index), path)] as const);
      for (const [path, copy] of copies) {
        await mkdir(dirname(copy), { recursive: true });
        await cp(files[path]!, copy);
      }
      return Object.fromEntries(copies);
    }),
  );
  await rm(join(folder.path, "first"), { recursive: true });
  for (const [index, files] of sent.entries()) {
    const again = await attempt(`second-${index}`, files);
    expect(again.at(-1)).toMatchObject({ type: "ended", end: "SUCCEEDED" });
    expect((await readFile(armOf(again)!)).equals(adapter), `from checkpoint ${index}`).toBe(true);
  }
});

test("of a checkpoint that holds several rounds, the newest ARM is meant", () => {
  const paths = ["rounds/00/training/checkpoints/step-000003", "rounds/01/training/checkpoints/step-000002"];
  const checkpoints = { abc: ["config.json", ...paths.map((path) => `${path}/manifest.json`)] };
  const config = { model: "tiny-world:quick", checkpoint: "checkpoint:abc" };
  const file = { kind: "playground" as const, config, step: null, inputs: {}, datasets: [], checkpoints };
  expect(jobContext(file, new AbortController().signal, () => undefined).config).toMatchObject({
    checkpoint: `checkpoints/abc/${paths[1]}`,
  });
});
