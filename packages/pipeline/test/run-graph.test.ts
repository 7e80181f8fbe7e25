import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MethodComparison } from "@uniarm/core/schema";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runGraph, runStudy } from "../src/index.ts";
import { planLaunch, type JobNode } from "../src/schema/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "uniarm-graph-"));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const ROWS = [0, 1].flatMap((prompt) =>
  [
    [1, 0],
    [0, 1],
  ].map((preference) => ({
    promptId: `p${prompt}`,
    preference,
    sample: 0,
    rewards: { helpful: preference[0]! - prompt / 10, harmless: preference[1]! },
  })),
);
const PROTOCOL = {
  objectives: ["helpful", "harmless"].map((name) => ({ name, description: name, direction: "maximize" })),
  normaliser: { nadir: [0, 0], ideal: [1, 1] },
  referencePoint: [-0.1, -0.1],
  bootstrapResamples: 0,
  confidence: 0.95,
  seed: 0,
};

/** scores of a file -> evaluate -> compare: a graph without tensors. */
function graphOf(scores: string, names = ["one"]): JobNode[] {
  const protocol = { type: "own", config: PROTOCOL };
  return [
    { name: "one/evaluate", kind: "evaluate", config: { name: "one", scores, protocol }, inputs: {} },
    {
      name: "compare",
      kind: "compare",
      config: { names, reports: ["input:reports"] },
      inputs: { reports: [{ node: "one/evaluate", output: "report" }] },
    },
  ];
}

async function writtenScores(rows: readonly object[] = ROWS): Promise<string> {
  const path = join(folder, "scores.jsonl");
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

/** What a run says of each node at its end. */
async function run(nodes: readonly JobNode[], signal = new AbortController().signal): Promise<string[]> {
  const ends: string[] = [];
  for await (const { node, event } of runGraph(nodes, { folder: join(folder, "out"), signal }))
    if (event.type === "ended" || event.type === "done-before") ends.push(`${node.name} ${event.type}`);
  return ends;
}

describe("a graph", () => {
  test("is run once; where it was done before, nothing is done again but what is gone", async () => {
    const nodes = graphOf(await writtenScores());
    expect(await run(nodes)).toEqual(["one/evaluate ended", "compare ended"]);
    expect(await run(nodes)).toEqual(["one/evaluate done-before", "compare done-before"]);
    const comparison = join(folder, "out/compare/comparison.json");
    const before = await readFile(comparison, "utf8");
    await rm(comparison);
    expect(await run(nodes)).toEqual(["one/evaluate done-before", "compare ended"]);
    expect(await readFile(comparison, "utf8")).toBe(before);
  });

  test("refuses to mix what was made of a file with what the file holds now", async () => {
    const nodes = graphOf(await writtenScores());
    await run(nodes);
    await writtenScores(ROWS.map((row) => ({ ...row, rewards: { helpful: 0, harmless: 0 } })));
    await expect(run(nodes)).rejects.toThrow("scores.jsonl has changed since one/evaluate read it");
    await writtenScores();
    expect(await run(nodes)).toEqual(["one/evaluate done-before", "compare done-before"]);
  });

  test("names a record that was damaged, and the file to delete", async () => {
    const nodes = graphOf(await writtenScores());
    await run(nodes);
    const record = join(folder, "out/stages/one/evaluate.json");
    await writeFile(record, (await readFile(record, "utf8")).slice(0, 20));
    await expect(run(nodes)).rejects.toThrow(`${record} does not say what one/evaluate put out. Delete it`);
    await rm(record);
    expect(await run(nodes)).toEqual(["one/evaluate ended", "compare done-before"]);
  });

  test.each([
    ["a file that is missing", "absent.jsonl", ["one"], "absent.jsonl cannot be read"],
    ["names that are not those of its reports", null, ["one", "two"], "There are 1 reports and 2 names"],
  ])("with %s says so", async (_, scores, names, sentence) => {
    const path = scores === null ? await writtenScores() : join(folder, scores);
    await expect(run(graphOf(path, names))).rejects.toThrow(sentence);
  });

  test("names a report of another layout", async () => {
    const scores = await writtenScores();
    const report = join(folder, "report.json");
    await writeFile(report, '{"front": {}}');
    const [, compare] = graphOf(scores);
    const nodes = [{ ...compare!, config: { names: ["one"], reports: [report] }, inputs: {} }];
    await expect(run(nodes)).rejects.toThrow(`${report} is not the report of an evaluation`);
  });
});

test("a study's folder is read as the study is today: a setting that is new since has its default", async () => {
  const config = { methods: [{ name: "one", training: {}, strength: 1 }] };
  const start = async (given: object): Promise<unknown> =>
    runStudy({ config: given, nodes: [] }, { folder, signal: new AbortController().signal }).next();
  const full = planLaunch("study", config).config as { seeds?: number[] };
  await start(full);
  const stored = join(folder, "study.json");
  const older = JSON.parse(await readFile(stored, "utf8")) as Record<string, unknown>;
  delete older.decodeShards;
  await writeFile(stored, JSON.stringify(older));
  expect(await start(full)).toEqual({ done: true, value: "finished" });
  await expect(start({ ...full, seeds: [4] })).rejects.toThrow("holds another study");
  await writeFile(stored, "{");
  await expect(start(full)).rejects.toThrow(`${stored} cannot be read as a study`);
});

describe("a comparison", () => {
  const graph = (scores: string, config: object): JobNode[] => {
    const [evaluate, compare] = graphOf(scores) as [JobNode, JobNode];
    const second = { ...evaluate, name: "two/evaluate", config: { ...(evaluate.config as object), name: "two" } };
    const reports = [evaluate, second].map(({ name }) => ({ node: name, output: "report" }));
    const names = ["one", "two"];
    return [evaluate, second, { ...compare, config: { names, reports: ["input:reports"], ...config }, inputs: { reports } }]; // prettier-ignore
  };

  test("with the scores behind its reports tests methods against each other, in a file of its own", async () => {
    const scores = await writtenScores();
    await run(graph(scores, { scores: [scores, scores], runs: ["one", "two"].map((method) => ({ method, seed: 3 })) }));
    const path = join(folder, "out/compare/methods.json");
    const { methods, pairs } = MethodComparison.parse(JSON.parse(await readFile(path, "utf8")));
    expect(methods.map(({ name, seeds }) => [name, seeds])).toEqual([
      ["one", [3]],
      ["two", [3]],
    ]);
    expect(pairs[0]!.hypervolume.difference.value).toBe(0);
    expect(pairs[0]!.hypervolume.tests[0]!.pValue).toEqual({ value: 1 });
  });

  test("without scores has no such file, and refuses as many scores or runs as there are no reports", async () => {
    const scores = await writtenScores();
    await run(graph(scores, {}));
    await expect(readFile(join(folder, "out/compare/methods.json"))).rejects.toThrow("ENOENT");
    await rm(join(folder, "out"), { recursive: true });
    await expect(run(graph(scores, { scores: [scores] }))).rejects.toThrow("There are 2 reports and 1 scores.");
    await expect(run(graph(scores, { scores: [scores, scores], runs: [] }))).rejects.toThrow(
      "There are 2 reports and 0 runs.",
    );
  });

  test("of two seeds of a method is one method, and an optimum needs tiny-world's prompts", async () => {
    const scores = await writtenScores();
    const runs = [3, 4].map((seed) => ({ method: "uniarm", seed }));
    await run(graph(scores, { scores: [scores, scores], runs }));
    const path = join(folder, "out/compare/methods.json");
    const { methods } = MethodComparison.parse(JSON.parse(await readFile(path, "utf8")));
    expect(methods.map(({ name, seeds }) => [name, seeds])).toEqual([["uniarm", [3, 4]]]);
    await rm(join(folder, "out"), { recursive: true });
    await expect(run(graph(scores, { scores: [scores, scores], optimum: "tiny-world" }))).rejects.toThrow(
      "A prompt's stratum is not given; tiny-world's are its hazard levels.",
    );
  });
});
