import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { openEngine } from "@uniarm/core";
import { EvaluationReport, PreferencePair } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { RecordedRun } from "@uniarm/pipeline/schema";
import { tinyWorldModel } from "@uniarm/tiny-world";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newDemoFolder } from "../src/demo/folder.ts";
import { QUICK_REAL_DEMO, RealDemoConfig } from "../src/demo/real/config.ts";
import { realDemo } from "../src/demo/real/demo.ts";
import { realDemoPlan } from "../src/demo/real/study.ts";
import { runDemo } from "../src/demo/run.ts";
import { settingsFrom, storedSettings } from "../src/demo/settings.ts";
import { STEERING } from "../src/demo/steering.ts";

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  process.env.UNIARM_DATA = join(folder, "data");
  await openEngine();
});
afterAll(async () => {
  delete process.env.UNIARM_DATA;
  await remove();
});

const linesOf = async (file: string): Promise<unknown[]> =>
  (await readFile(file, "utf8"))
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));

test("the real demo's path, on a tiny model that is there, goes from questions to a front, and what is done stays done", async () => {
  const config = RealDemoConfig.parse({ ...QUICK_REAL_DEMO, output: join(folder, "demo") });
  const place = await newDemoFolder(config);
  const model = tinyWorldModel("quick");
  const demo = realDemo(config, model);
  const run = (): Promise<boolean> =>
    runDemo(demo, { folder: place, json: false, signal: new AbortController().signal });
  expect(await run()).toBe(true);

  const pairs = (await linesOf(join(place, "pairs.jsonl"))).map((line) => PreferencePair.parse(line));
  expect(pairs.length).toBeGreaterThan(0);
  for (const { prompt, scores } of pairs) {
    expect(prompt).toMatch(/Answer in one sentence\.$/);
    expect(Object.keys(scores!)).toEqual(["cheerful", "concise"]);
    expect(scores!.concise!.every((score) => score >= -1 && score <= 1)).toBe(true);
  }
  const report = EvaluationReport.parse(JSON.parse(await readFile(join(place, "report.json"), "utf8")));
  expect(report.front.points.map(({ preference }) => preference[0])).toEqual(
    Array.from({ length: 11 }, (_, index) => index / 10),
  );
  expect(report.base?.fluency?.answers).toBe(4);
  expect(await linesOf(join(place, "generations.jsonl"))).toHaveLength(4 * 11);
  expect(await readFile(join(place, "front.svg"), "utf8")).toMatch(/^<svg/);
  const [notice] = await readdir(join(folder, "data/inbox")); // where the tracker finds it
  const recorded = RecordedRun.parse(JSON.parse(await readFile(join(folder, "data/inbox", notice!), "utf8")));
  expect(recorded).toMatchObject({ name: "demo on smollm2, uniarm", folder: place, config: { model } });

  const before = await readFile(join(place, "generations.jsonl"), "utf8");
  await rm(join(place, "report.json"));
  expect(await run()).toBe(true);
  expect(await readFile(join(place, "generations.jsonl"), "utf8")).toBe(before);
  expect(EvaluationReport.parse(JSON.parse(await readFile(join(place, "report.json"), "utf8")))).toEqual(report);
});

test.each(STEERING.def.innerType.options)("with %s it has a plan", (method) => {
  const config = RealDemoConfig.parse({ method });
  const { nodes } = realDemoPlan(config, { model: "smollm2-135m", folder });
  expect(nodes.map(({ name }) => name)).toContain(`${method}/train`);
});

test("the settings of a demo come back as they were stored, whichever base it has", () => {
  for (const flags of [{ base: "smollm2", quick: true }, { quick: true }]) {
    const config = settingsFrom(flags);
    expect(storedSettings(JSON.parse(JSON.stringify(config)))).toEqual(config);
  }
});

test.each([
  [{ base: "smollm2", pairs: "100" }, "--pairs is a setting of the demo on tiny-world"],
  [{ samples: "4" }, "--samples is a setting of the demo on a real model: add --base smollm2"],
])("a demo with %j says which setting does not fit", (flags, sentence) => {
  expect(() => settingsFrom(flags)).toThrow(sentence);
});
