import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openEngine } from "@uniarm/core";
import type { EvaluationReport, Generation, MethodComparison } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runStudy, writeStudyReport } from "../src/index.ts";
import { planLaunch } from "../src/schema/index.ts";

const DPO = { method: "dpo", steps: 2, batchPairs: 4, adapter: { kind: "lora", rank: 2 } };

/** Three ways of decoding at two seeds, on the smallest model. */
const STUDY = {
  model: "tiny-world:quick",
  task: { type: "tiny-world", pairs: 32, testPrompts: 8 },
  methods: [
    { name: "mod", training: DPO },
    { name: "soups", training: DPO, decoding: { fusion: { rule: "soup" } } },
    { name: "uniarm", training: { ...DPO, method: "uniarm", adapter: { kind: "moslora", rank: 2 } }, strength: 4 },
  ],
  seeds: [0, 1],
  divisions: 2,
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let study: string;
const report = (name: string) => writeStudyReport(study, join(folder.path, name), { title: "Three ways" });
const read = (name: string, file: string): Promise<string> => readFile(join(folder.path, name, file), "utf8");

beforeAll(async () => {
  await openEngine();
  folder = await temporaryFolder();
  study = join(folder.path, "study");
  const events = runStudy(planLaunch("study", STUDY), { folder: study, signal: new AbortController().signal });
  while (!(await events.next()).done);
}, 120_000);
afterAll(() => folder.remove());

test("a report has every method, with the figures that the study's own comparison has", async () => {
  const { report: made } = await report("whole");
  const compared = JSON.parse(await readFile(join(study, "compare/methods.json"), "utf8")) as typeof made.comparison;
  expect(made.comparison).toEqual(compared);
  expect(made.comparison.methods.map(({ name, seeds }) => [name, seeds])).toEqual([
    ["base", []],
    ["mod", [0, 1]],
    ["soups", [0, 1]],
    ["uniarm", [0, 1]],
  ]);
  expect(made.missing).toEqual([]);
});

test("the study's own comparison is read where it is of the same scores, and made anew where it is not", async () => {
  const path = join(study, "compare/methods.json");
  const text = await readFile(path, "utf8");
  const kept = JSON.parse(text) as MethodComparison;
  try {
    kept.pairs[0]!.coverage = { value: 0.125 }; // what nothing but this file says
    await writeFile(path, JSON.stringify(kept));
    expect((await report("kept")).report.comparison).toEqual(kept);
    kept.methods[1]!.hypervolume.value += 1e-9; // of other scores
    await writeFile(path, JSON.stringify(kept));
    expect((await report("anew")).report.comparison).toEqual(JSON.parse(text));
  } finally {
    await writeFile(path, text);
  }
});

test("a comparison that takes long tells how far it is and is stopped by a signal; nothing is written then", async () => {
  const path = join(study, "compare/methods.json");
  const text = await readFile(path, "utf8");
  await writeFile(path, "{}");
  const stop = new AbortController();
  const told: string[] = [];
  const onProgress = ({ done, total }: { done: number; total: number }): void => {
    told.push(`${done} of ${total}`);
    if (done === 2) stop.abort();
  };
  try {
    const stopped = writeStudyReport(study, join(folder.path, "stopped"), { signal: stop.signal, onProgress });
    await expect(stopped).rejects.toThrow("The report was stopped while methods were compared; nothing was written.");
    expect(told).toEqual(["0 of 6", "1 of 6", "2 of 6"]);
    expect(existsSync(join(folder.path, "stopped"))).toBe(false);
  } finally {
    await writeFile(path, text);
  }
});

test("each front has the fluency of its answers, of every method and of the base model", async () => {
  const { report: made } = await report("fluency");
  for (const { name, points } of made.fronts)
    for (const { fluency } of points) {
      expect(fluency!.answers, name).toBe(8);
      expect(fluency!.basePerplexity.value, name).toBeGreaterThan(1);
    }
  expect(await read("fluency", "tables.md")).toMatch(
    /perplexity under the base \| +repeated 4-grams \| +distinct-2 \|/,
  );
  const measured = JSON.parse(await readFile(join(study, "uniarm/0/evaluate/report.json"), "utf8")) as {
    report: EvaluationReport;
  };
  const { base, front, config } = measured.report;
  expect(base!.fluency!.basePerplexity.value).toBeGreaterThan(1);
  expect(front.points[0]!.fluency!.basePerplexity.value).toBeGreaterThan(1);
  expect(config.conditions).toMatchObject({ samples: 1 });
});

test("its files are the same bytes each time, but for what depends on the machine", async () => {
  await report("once");
  await report("again");
  for (const file of ["results.json", "tables.md", "tables.tex", "fronts.svg"])
    expect(await read("again", file), file).toBe(await read("once", file));
});

test("fronts of greedy answers say that there is no divergence from the base; of drawn ones it is that of the answers", async () => {
  await report("greedy");
  const table = await read("greedy", "tables.md");
  expect(table).toContain("No KL from the base: Greedy answers are no samples: a divergence is not defined for them.");
  expect(table).not.toMatch(/\| +KL from the base \|/);

  const drawn = join(folder.path, "drawn");
  const config = { ...STUDY, methods: STUDY.methods.slice(2), seeds: [0], sampling: { temperature: 1 } };
  const events = runStudy(planLaunch("study", config), { folder: drawn, signal: new AbortController().signal });
  while (!(await events.next()).done);
  const { report: made } = await writeStudyReport(drawn, join(drawn, "report"));
  const [base, uniarm] = made.fronts;
  expect(base!.points[0]).not.toHaveProperty("klFromBase");
  const text = await readFile(join(drawn, "uniarm/decode/generations.jsonl"), "utf8");
  const answers = text.trim().split("\n");
  for (const { preference, klFromBase } of uniarm!.points) {
    const own = answers
      .map((line) => JSON.parse(line) as Generation)
      .filter((answer) => String(answer.preference) === String(preference));
    const mean = own.reduce((sum, one) => sum + one.logProbNats - one.baseLogProbNats!, 0) / own.length;
    expect(own).toHaveLength(8);
    expect(klFromBase!.value).toBeCloseTo(mean, 10);
    expect(klFromBase!.value).toBeGreaterThan(0);
  }
  expect(await readFile(join(drawn, "report/tables.md"), "utf8")).toMatch(/\| +KL from the base \|/);
}, 60_000);

test("points are means over seeds, and say so", async () => {
  const { report: made } = await report("fronts");
  const of = async (seed: number): Promise<number> => {
    const text = await readFile(join(study, `uniarm/${seed}/evaluate/report.json`), "utf8");
    const { front } = (JSON.parse(text) as { report: { front: { points: { mean: { value: number }[] }[] } } }).report;
    return front.points[1]!.mean[0]!.value;
  };
  const front = made.fronts.find(({ name }) => name === "uniarm")!;
  expect(front).toMatchObject({ seeds: 2, intervals: "seeds" });
  expect(front.points[1]!.mean[0]!.value).toBeCloseTo(((await of(0)) + (await of(1))) / 2, 12);
});

test("costs say what a token and a training take; one training that is decoded in two ways counts for both", async () => {
  const { costs } = await report("costs");
  const adapters = (rank: number): number => costs.find(({ name }) => name === "mod")!.parameters! / rank;
  expect(costs.map(({ name, passes, steps, trainings }) => [name, passes, steps, trainings])).toEqual([
    ["base", 1, null, 0],
    ["mod", 2, 2, 2],
    ["soups", 1, 2, 2],
    ["uniarm", 2, 2, 2],
  ]);
  expect(Number.isInteger(adapters(4))).toBe(true); // two adapters of rank 2
  expect(costs[1]!.parameters).toBe(costs[2]!.parameters);
  for (const { name, seconds } of costs) if (name !== "base") expect(seconds, name).toBeGreaterThan(0);
});

test("tables are read by Markdown and LaTeX", async () => {
  await report("tables");
  expect(await read("tables", "tables.md")).toMatch(/^\| +uniarm \| +2 \| +-?\d\.\d{3} \[/m);
  const latex = await read("tables", "tables.tex");
  expect(latex).toMatch(/^uniarm & 2 & -?\d\.\d{3} \[/m);
  expect(latex.match(/\\begin\{tabular\}/g)).toHaveLength(latex.match(/\\end\{tabular\}/g)!.length);
});

test("what has not been measured is absent and named, never zero", async () => {
  await rm(join(study, "stages/uniarm/1/evaluate.json"));
  await rm(join(study, "stages/soups"), { recursive: true });
  const { report: made, tables } = await report("part");
  expect(made.missing).toEqual(["soups/0", "soups/1", "uniarm/1"]);
  expect(made.comparison.methods.map(({ name, seeds }) => [name, seeds])).toEqual([
    ["base", []],
    ["mod", [0, 1]],
    ["uniarm", [0]],
  ]);
  expect(tables[0]!.notes.at(-1)).toBe("Not measured yet, and in no figure: soups/0, soups/1, uniarm/1.");
});

test("what an evaluation was made of being gone, it is absent and named, too", async () => {
  await rm(join(study, "uniarm/0/score/scores.jsonl"));
  const { report: made } = await report("gone");
  expect(made.missing).toContain("uniarm/0");
});

test("a folder without a study, or with nothing measured yet, says what to do", async () => {
  await expect(writeStudyReport(folder.path, folder.path)).rejects.toThrow("is not the folder of a study");
  await rm(join(study, "stages"), { recursive: true });
  await expect(report("none")).rejects.toThrow("Nothing in");
  await writeFile(join(study, "study.json"), "{broken");
  await expect(report("none")).rejects.toThrow("study.json cannot be read as a study");
});
