import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { loadCheckpoint, openEngine } from "@uniarm/core";
import type { DecodingConfig, TrainingConfig } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { tinyWorldRecipe } from "@uniarm/tiny-world/schema";
import { readReport, runStudy } from "../src/index.ts";
import { planLaunch, readConfig, STUDY_TEMPLATES, type JobNode } from "../src/schema/index.ts";

const training = { ...tinyWorldRecipe("uniarm", { recipe: "paper", steps: 2 }), batchPairs: 4 };
const STUDY = {
  model: "tiny-world:default",
  baseWeights: "float32",
  task: { type: "tiny-world", pairs: 16, testPrompts: 4 },
  divisions: 1,
  unguided: false,
  methods: [
    { name: "small", training, armModel: "tiny-world:quick" },
    { name: "own", training },
    { name: "same", training, armModel: "tiny-world:default" },
  ],
};

const configOf = (nodes: readonly JobNode[], name: string): unknown => nodes.find((node) => node.name === name)!.config;

test("a method's ARM is trained on its own model and steers the study's; the study's own model is named once", () => {
  const { nodes } = planLaunch("study", STUDY);
  const models = ["small", "own"].map((name) => (configOf(nodes, `${name}/train`) as TrainingConfig).model);
  expect(models).toEqual(["tiny-world:quick", "tiny-world:default"]);
  const decodings = STUDY.methods.map(
    ({ name }) => (configOf(nodes, `${name}/decode`) as { decoding: DecodingConfig }).decoding,
  );
  expect(decodings.map(({ model, armModel }) => [model, armModel])).toEqual([
    ["tiny-world:default", "tiny-world:quick"],
    ["tiny-world:default", undefined],
    ["tiny-world:default", undefined],
  ]);
  expect(nodes.filter(({ kind }) => kind === "train").map(({ name }) => name)).toEqual(["small/train", "own/train"]);
});

test("it runs to a front: the checkpoint is the small model's, the front that of the model which it steers", async () => {
  await openEngine();
  const { path, remove } = await temporaryFolder();
  try {
    const run = runStudy(planLaunch("study", STUDY), { folder: path, signal: new AbortController().signal });
    for (let step = await run.next(); ; step = await run.next())
      if (step.done) {
        expect(step.value).toBe("finished");
        break;
      }
    const modelOf = async (method: string): Promise<string> =>
      basename((await loadCheckpoint(join(path, method, "train"))).manifest.baseModel.folder);
    expect([await modelOf("small"), await modelOf("own")]).toEqual(["quick", "default"]);
    const { report } = await readReport(join(path, "small/evaluate/report.json"));
    expect(report.front.points).toHaveLength(2);
  } finally {
    await remove();
  }
});

test.each(["dpo", "finetune"])("%s tunes the model itself, which steers no other: it is refused", (method) => {
  const given = { ...STUDY, methods: [{ name: "one", training: { method }, armModel: "tiny-world:quick" }] };
  expect(readConfig("study", given).problems.map(({ at, message }) => `${at}: ${message}`)).toEqual([
    `methods[0].armModel: ${method} tunes tiny-world:quick itself, which steers no other model: leave armModel out`,
  ]);
});

test("the study that ships trains ARMs of both models and measures them on the larger one", () => {
  const { nodes } = planLaunch("study", STUDY_TEMPLATES.find(({ name }) => name === "weak-to-strong")!.config);
  const models = nodes.flatMap(({ kind, config }) => (kind === "train" ? [(config as TrainingConfig).model] : []));
  expect([...new Set(models)]).toEqual(["tiny-world:default", "runs/tiny-world-large"]);
});
