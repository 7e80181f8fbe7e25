import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAdapter } from "../../src/adapters/create.ts";
import { loadCheckpoint, readManifest, saveCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { checkpointFolder, findCheckpoint, pruneCheckpoints } from "../../src/checkpoint/find.ts";
import { readResume } from "../../src/checkpoint/resume.ts";
import { readSafetensors } from "../../src/files/safetensors.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { createRandom } from "../../src/tensor/random.ts";
import { expectNoTensorLeak, temporaryFolder, TINY_CONFIG } from "../../src/testing/index.ts";
import { armsOf, dispose, manifestOf, OBJECTIVES, save } from "../support/checkpoints.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  await openEngine();
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

describe.each(["uniarm", "parm", "genarm"] as const)("a %s checkpoint", (method) => {
  test("is read back bit by bit", async () => {
    const path = join(folder.path, "checkpoint");
    await expectNoTensorLeak(async () => {
      const arms = armsOf(method);
      await saveCheckpoint(path, { manifest: manifestOf(method), arms });
      const loaded = await loadCheckpoint(path, { model: TINY_CONFIG });
      expect(loaded.folder).toBe(path);
      expect(loaded.manifest).toEqual(manifestOf(method));
      expect(loaded.arms).toHaveLength(arms.length);
      for (const [index, arm] of arms.entries()) {
        const copy = loaded.arms[index]!;
        expect({ config: copy.config, objectiveCount: copy.objectiveCount, modules: copy.modules }).toEqual({
          config: arm.config,
          objectiveCount: arm.objectiveCount,
          modules: arm.modules,
        });
        expect(Object.keys(copy.tensors)).toEqual(Object.keys(arm.tensors));
        for (const [name, tensor] of Object.entries(arm.tensors))
          expect(await copy.tensors[name]!.data()).toEqual(await tensor.data());
        expect(await copy.objectiveVectors?.data()).toEqual(await arm.objectiveVectors?.data());
      }
      dispose([...arms, ...loaded.arms]);
    });
  });

  test("with the same content has the same bytes", async () => {
    const [one, other] = [join(folder.path, "one"), join(folder.path, "other")];
    await save(method, one);
    await save(method, other);
    expect((await readdir(one)).sort()).toEqual(["adapter.safetensors", "manifest.json"]);
    for (const name of await readdir(one))
      expect(await readFile(join(one, name))).toEqual(await readFile(join(other, name)));
  });
});

test("genarm's adapters are told apart by objective", async () => {
  await save("genarm", join(folder.path, "checkpoint"));
  const { tensors } = await readSafetensors(join(folder.path, "checkpoint", "adapter.safetensors"));
  expect([...tensors.keys()]).toContain("arms.harmless.base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight");
  expect([...tensors.keys()].every((name) => /^arms\.(helpful|harmless)\./.test(name))).toBe(true);
});

test("every adapter option and target survives the disk", async () => {
  const path = join(folder.path, "checkpoint");
  const adapter = AdapterConfig.parse({
    kind: "moslora",
    modulation: "scale",
    modulationSpace: "output",
    modulationGenerator: "shared",
    targets: ["down_proj", "q_proj"],
  });
  const options = {
    objectiveCount: 2,
    random: createRandom(1),
    objectiveVectors: OBJECTIVES.map(() => new Array<number>(TINY_CONFIG.hiddenSize).fill(1)),
  };
  const arm = createAdapter(adapter, TINY_CONFIG, options);
  await saveCheckpoint(path, { manifest: { ...manifestOf("uniarm"), adapter }, arms: [arm] });
  const { arms } = await loadCheckpoint(path, { model: TINY_CONFIG });
  expect(arms[0]!.modules).toEqual(arm.modules);
  expect(Object.keys(arms[0]!.tensors)).toEqual(Object.keys(arm.tensors));
  dispose([arm, ...arms]);
});

describe("resume state", () => {
  test("is read back as it was written", async () => {
    const path = join(folder.path, "checkpoint");
    const arms = armsOf("parm");
    const resume = {
      json: { step: 40, words: [1, 2, 3, -4] },
      tensors: {
        "first.a": { shape: [2], data: Float32Array.of(0.1, -0) },
        cursor: { shape: [], data: Int32Array.of(7) },
      },
    };
    await saveCheckpoint(path, { manifest: manifestOf("parm"), arms, resume });
    dispose(arms);
    expect(await readResume(path)).toEqual(resume);
  });

  test("is missed by name", async () => {
    const path = join(folder.path, "checkpoint");
    await save("parm", path);
    await expect(readResume(path)).rejects.toThrow(
      `${path} can be decoded with but not trained on: it has no resume.json.`,
    );
    await writeFile(join(path, "resume.json"), "{");
    await expect(readResume(path)).rejects.toMatchObject({ code: "checkpoint-resume-invalid" });
  });
});

describe("the checkpoints of a run", () => {
  const run = (): string => join(folder.path, "run");
  const steps = (): Promise<string[]> => readdir(join(run(), "checkpoints"));

  test("the newest is found, by number and not by spelling", async () => {
    for (const step of [90, 1_000_000, 100]) await save("parm", checkpointFolder(run(), step), step);
    expect(await steps()).toContain("step-000090");
    expect(await findCheckpoint(run())).toBe(checkpointFolder(run(), 1_000_000));
    expect((await readManifest(run())).step).toBe(1_000_000);
    expect(await findCheckpoint(checkpointFolder(run(), 90))).toBe(checkpointFolder(run(), 90));
  });

  test("unfinished folders are passed over", async () => {
    await save("parm", checkpointFolder(run(), 10), 10);
    await mkdir(checkpointFolder(run(), 20));
    await writeFile(join(checkpointFolder(run(), 20), "manifest.json"), "{}");
    await save("parm", checkpointFolder(run(), 30), 30);
    await rename(checkpointFolder(run(), 30), `${checkpointFolder(run(), 30)}.partial`);
    expect(await findCheckpoint(run())).toBe(checkpointFolder(run(), 10));
  });

  test("only the newest are kept, what killed writers left goes too", async () => {
    for (const step of [10, 20, 30, 40]) await save("parm", checkpointFolder(run(), step), step);
    await mkdir(`${checkpointFolder(run(), 50)}.partial`);
    await writeFile(join(run(), "checkpoints", "notes.txt"), "mine");
    await pruneCheckpoints(run(), 2);
    expect((await steps()).sort()).toEqual(["notes.txt", "step-000030", "step-000040"]);
  });

  test("without one the sentence says what was looked for", async () => {
    expect(await findCheckpoint(run())).toBeNull();
    await expect(loadCheckpoint(run())).rejects.toMatchObject({
      code: "checkpoint-missing",
      message: `There is no checkpoint or run folder ${run()}. Train one: uniarm train --config <file>`,
    });
    await expect(readManifest(folder.path)).rejects.toThrow(
      `There is no complete checkpoint in ${folder.path}: expected manifest.json and adapter.safetensors in it or in checkpoints/step-... below it.`,
    );
  });
});
