import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAdapter } from "../../src/adapters/create.ts";
import { objectiveVectors } from "../../src/adapters/objective-vectors.ts";
import { loadCheckpoint, saveCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { extendCheckpoint } from "../../src/checkpoint/extend-checkpoint.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import { methodOf, type Method } from "../../src/schema/method.ts";
import { createRandom } from "../../src/tensor/random.ts";
import { expectNoTensorLeak, temporaryFolder, writeTinyModel } from "../../src/testing/index.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";
import { manifestOf, OBJECTIVES } from "../support/checkpoints.ts";

const WITTY = { name: "witty", description: "Tell a joke.", direction: "maximize" as const };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let model: string;
let checkpoint: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  model = join(folder.path, "model");
  checkpoint = join(folder.path, "checkpoint");
  await writeTinyModel(model, { random: createRandom(3) });
});
afterEach(() => folder.remove());

/** A checkpoint as a run would write it, its vectors those of the descriptions. */
async function write(method: Method, adapter: object = {}): Promise<void> {
  const loaded = await loadTransformer(model);
  const config = AdapterConfig.parse({ kind: methodOf(method).adapter, ...adapter });
  const options = { embedding: "mean-last-hidden", geometry: "simplex", random: createRandom(0) } as const;
  const vectors = await objectiveVectors(
    loaded,
    await loadTokenizer(model),
    OBJECTIVES.map(({ description }) => description),
    options,
  );
  const arm = createAdapter(config, loaded.config, {
    objectiveCount: 2,
    random: createRandom(1),
    objectiveVectors: vectors,
  });
  const manifest = { ...manifestOf(method), adapter: config, baseModel: { sha256: loaded.sha256, folder: model } };
  await saveCheckpoint(checkpoint, { manifest, arms: [arm] });
  arm.dispose();
  disposeTransformer(loaded);
}

const extended = (changes: object = {}): Promise<unknown> =>
  extendCheckpoint({ checkpoint, added: [WITTY], output: join(folder.path, "longer"), ...changes });

test("a checkpoint that is extended has the same tensors and old vectors, one vector more, and says what is untrained", async () => {
  await write("uniarm");
  await expectNoTensorLeak(async () => {
    expect(await extended()).toEqual([...OBJECTIVES, WITTY]);
  });
  const [before, after] = [await loadCheckpoint(checkpoint), await loadCheckpoint(join(folder.path, "longer"))];
  expect(after.manifest).toEqual({
    ...before.manifest,
    objectives: [...OBJECTIVES, WITTY],
    untrainedObjectives: ["witty"],
  });
  for (const [name, tensor] of Object.entries(before.arms[0]!.tensors))
    expect(await after.arms[0]!.tensors[name]!.data()).toEqual(await tensor.data());
  const [old, all] = [await before.arms[0]!.objectiveVectors!.array(), await after.arms[0]!.objectiveVectors!.array()];
  expect(all.slice(0, 2)).toEqual(old);
  expect(Math.hypot(...all[2]!)).toBeCloseTo(1, 5);
  for (const { arms } of [before, after]) for (const arm of arms) arm.dispose();
});

test("it can be extended once more, and remembers both", async () => {
  await write("uniarm");
  await extended();
  const brief = { name: "brief", description: "Use few words.", direction: "maximize" as const };
  const output = join(folder.path, "longest");
  await extendCheckpoint({ checkpoint: join(folder.path, "longer"), added: [brief], output });
  const { manifest, arms } = await loadCheckpoint(output);
  expect(manifest.untrainedObjectives).toEqual(["witty", "brief"]);
  expect(arms[0]!.objectiveVectors!.shape[0]).toBe(4);
  for (const arm of arms) arm.dispose();
});

test.each<[string, Method, object, object, string]>([
  [
    "of a method that reads no descriptions",
    "parm",
    {},
    {},
    "This parm checkpoint cannot take an objective by its description: its pblora adapters read no descriptions",
  ],
  [
    "whose vectors are of no text",
    "uniarm",
    { objectiveEmbedding: "one-hot" },
    {},
    "its objectiveEmbedding is one-hot, which reads no description",
  ],
  [
    "that knows the objective",
    "uniarm",
    {},
    { added: [OBJECTIVES[1]] },
    "The checkpoint has the objectives [helpful, harmless], and [harmless] cannot be added: objective names must differ.",
  ],
])("a checkpoint %s is refused", async (_, method, adapter, changes, sentence) => {
  await write(method, adapter);
  await expectNoTensorLeak(async () => {
    await expect(extended(changes)).rejects.toThrow(sentence);
  });
});

test("a folder that is there is not written into", async () => {
  await write("uniarm");
  await expect(extended({ output: model })).rejects.toThrow(`There is something in ${model} already.`);
});
