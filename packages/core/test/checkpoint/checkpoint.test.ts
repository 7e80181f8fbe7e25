import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ADAPTER_OF_METHOD,
  AdapterConfig,
  assertSameBase,
  assertSameObjectives,
  checkpointFolder,
  CheckpointManifest,
  createAdapter,
  createRandom,
  findCheckpoint,
  loadCheckpoint,
  openEngine,
  pruneCheckpoints,
  readManifest,
  readResume,
  readSafetensors,
  saveCheckpoint,
  tf,
  TrainingConfig,
  writeSafetensors,
  type Adapter,
  type Method,
  type TensorData,
} from "../../src/index.ts";
import { expectNoTensorLeak, temporaryFolder, TINY_CONFIG } from "../../src/testing/index.ts";

const OBJECTIVES = [
  { name: "helpful", description: "Give useful steps.", direction: "maximize" as const },
  { name: "harmless", description: "Stay away from danger.", direction: "maximize" as const },
];
const SHA256 = "ab".repeat(32);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  await openEngine();
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

function manifestOf(method: Method, step = 40): CheckpointManifest {
  const training = TrainingConfig.parse({ method, model: "models/tiny", pairs: "pairs.jsonl", output: "runs/one", objectives: OBJECTIVES });
  return CheckpointManifest.parse({
    ...{ format: "uniarm-checkpoint", formatVersion: 1, method, objectives: OBJECTIVES, training, step, seed: 0 },
    ...{ baseModel: { sha256: SHA256, folder: "models/tiny" }, versions: { uniarm: "0" } },
    adapter: AdapterConfig.parse({ kind: ADAPTER_OF_METHOD[method] }),
  });
}

function armsOf(method: Method): Adapter[] {
  const count = method === "genarm" ? OBJECTIVES.length : 1;
  return Array.from({ length: count }, (_, arm) => {
    const random = createRandom(arm + 1);
    const adapter = createAdapter(AdapterConfig.parse({ kind: ADAPTER_OF_METHOD[method] }), TINY_CONFIG, {
      ...{ objectiveCount: method === "genarm" ? 1 : OBJECTIVES.length, random },
      objectiveVectors: OBJECTIVES.map(() => Array.from({ length: TINY_CONFIG.hiddenSize }, () => random.normal())),
    });
    for (const variable of Object.values(adapter.tensors)) {
      tf.tidy(() => {
        variable.assign(tf.tensor(Float32Array.from({ length: variable.size }, () => random.normal()), variable.shape));
      });
    }
    return adapter;
  });
}

const dispose = (arms: readonly Adapter[]): void => {
  for (const arm of arms) arm.dispose();
};

async function save(method: Method, path: string, step = 40): Promise<void> {
  const arms = armsOf(method);
  await saveCheckpoint(path, { manifest: manifestOf(method, step), arms });
  dispose(arms);
}

/** Writes a checkpoint, then changes its tensors. */
async function tampered(method: Method, change: (tensors: Record<string, TensorData>) => void): Promise<string> {
  const path = join(folder.path, `tampered-${method}`);
  await save(method, path);
  const file = join(path, "adapter.safetensors");
  const { tensors } = await readSafetensors(file);
  const data = Object.fromEntries([...tensors].map(([name, { shape, bytes }]) => [name, { shape, data: new Float32Array(new Uint8Array(bytes).buffer) }]));
  change(data);
  await writeSafetensors(file, data);
  return path;
}

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
        expect({ config: copy.config, objectiveCount: copy.objectiveCount, modules: copy.modules }).toEqual({ config: arm.config, objectiveCount: arm.objectiveCount, modules: arm.modules });
        expect(Object.keys(copy.tensors)).toEqual(Object.keys(arm.tensors));
        for (const [name, tensor] of Object.entries(arm.tensors)) expect(await copy.tensors[name]!.data()).toEqual(await tensor.data());
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
    for (const name of await readdir(one)) expect(await readFile(join(one, name))).toEqual(await readFile(join(other, name)));
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
  const adapter = AdapterConfig.parse({ kind: "moslora", modulation: "scale", modulationSpace: "output", modulationGenerator: "shared", targets: ["down_proj", "q_proj"] });
  const options = { objectiveCount: 2, random: createRandom(1), objectiveVectors: OBJECTIVES.map(() => new Array<number>(TINY_CONFIG.hiddenSize).fill(1)) };
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
      tensors: { "first.a": { shape: [2], data: Float32Array.of(0.1, -0) }, cursor: { shape: [], data: Int32Array.of(7) } },
    };
    await saveCheckpoint(path, { manifest: manifestOf("parm"), arms, resume });
    dispose(arms);
    expect(await readResume(path)).toEqual(resume);
  });

  test("is missed by name", async () => {
    const path = join(folder.path, "checkpoint");
    await save("parm", path);
    await expect(readResume(path)).rejects.toThrow(`${path} can be decoded with but not trained on: it has no resume.json.`);
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
    await expect(loadCheckpoint(run())).rejects.toMatchObject({ code: "checkpoint-missing", message: `There is no checkpoint or run folder ${run()}. Train one: uniarm train --config <file>` });
    await expect(readManifest(folder.path)).rejects.toThrow(
      `There is no complete checkpoint in ${folder.path}: expected manifest.json and adapter.safetensors in it or in checkpoints/step-... below it.`,
    );
  });
});

describe("a manifest", () => {
  const path = (): string => join(folder.path, "checkpoint");
  const rewrite = async (change: (manifest: Record<string, unknown>) => unknown): Promise<void> => {
    await save("uniarm", path());
    const file = join(path(), "manifest.json");
    await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>)));
  };

  test("that is not JSON or lacks a field is refused with the field", async () => {
    await rewrite((manifest) => ({ ...manifest, step: -1, objectives: undefined }));
    await expect(loadCheckpoint(path())).rejects.toMatchObject({ code: "checkpoint-manifest-invalid" });
    await expect(loadCheckpoint(path())).rejects.toThrow(/manifest\.json is not a checkpoint's manifest: .*objectives.*step/s);
    await writeFile(join(path(), "manifest.json"), "not json");
    await expect(loadCheckpoint(path())).rejects.toThrow("is not a checkpoint's manifest: it is not JSON");
  });

  test("of another size than the tensors is refused", async () => {
    await rewrite((manifest) => ({ ...manifest, adapter: { ...(manifest.adapter as object), rank: 5 } }));
    await expect(loadCheckpoint(path())).rejects.toThrow(
      "has tensor base_model.model.model.layers.0.self_attn.q_proj.moslora_A of shape [4, 16]; its configuration asks for [5, 16]. Use the adapter and the manifest of one checkpoint.",
    );
  });

  test("with another number of objectives than the tensors is refused", async () => {
    await rewrite((manifest) => ({ ...manifest, objectives: OBJECTIVES.slice(1) }));
    await expect(loadCheckpoint(path())).rejects.toThrow("has tensor objective_embeddings of shape [2, 16]; its configuration asks for [1, any].");
  });
});

describe("tensors other than the manifest's", () => {
  const NAME = "base_model.model.model.layers.1.self_attn.k_proj";

  test("one that is missing", async () => {
    const path = await tampered("uniarm", (tensors) => delete tensors[`${NAME}.moslora_Ug`]);
    await expect(loadCheckpoint(path)).rejects.toMatchObject({
      code: "checkpoint-tensor-missing",
      message: `${join(path, "adapter.safetensors")} has no tensor ${NAME}.moslora_Ug, which its configuration asks for. Use the adapter and the manifest of one checkpoint.`,
    });
  });

  test("one too many", async () => {
    const path = await tampered("parm", (tensors) => (tensors["x.extra"] = { shape: [1], data: Float32Array.of(1) }));
    await expect(loadCheckpoint(path)).rejects.toThrow("has tensor x.extra, which no pblora adapter of its configuration has.");
  });

  test("one that belongs to no objective", async () => {
    const path = await tampered("genarm", (tensors) => (tensors["arms.funny.x"] = { shape: [1], data: Float32Array.of(1) }));
    await expect(loadCheckpoint(path)).rejects.toThrow("has tensor arms.funny.x, which belongs to none of its 2 reward models (arms.helpful., arms.harmless.).");
  });

  test("one of another shape, and nothing stays in memory", async () => {
    const path = await tampered("genarm", (tensors) => {
      const tensor = tensors[`arms.harmless.${NAME}.lora_A.weight`]!;
      tensor.shape = [...tensor.shape].reverse();
    });
    await expectNoTensorLeak(async () => {
      await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: "checkpoint-tensor-shape" });
    });
  });

  test("a layer left out, or a layer number that no model has", async () => {
    const without = await tampered("parm", (tensors) => {
      for (const name of Object.keys(tensors)) if (name.includes("layers.0.")) delete tensors[name];
    });
    await expect(loadCheckpoint(without)).rejects.toMatchObject({ code: "checkpoint-tensor-missing" });
    await rm(without, { recursive: true });
    const beyond = await tampered("parm", (tensors) => (tensors["base_model.model.model.layers.999999.self_attn.k_proj.pblora_A"] = tensors[`${NAME}.pblora_A`]!));
    await expect(loadCheckpoint(beyond)).rejects.toMatchObject({ code: "checkpoint-tensor-missing" });
  });

  test("layers of another model than the one it is used with", async () => {
    const path = join(folder.path, "checkpoint");
    await save("uniarm", path);
    await expectNoTensorLeak(async () => {
      await expect(loadCheckpoint(path, { model: { ...TINY_CONFIG, layers: 3 } })).rejects.toThrow(
        "The adapter does not fit the model: it adapts 6 modules, the model has 9 of them in its 3 layers. Use the base model that it was trained on.",
      );
    });
  });

  test("adapters that the manifest does not speak of are not written", async () => {
    const [uniArm] = armsOf("uniarm") as [Adapter];
    const path = join(folder.path, "checkpoint");
    await expect(saveCheckpoint(path, { manifest: manifestOf("parm"), arms: [uniArm] })).rejects.toThrow(
      "The checkpoint of method parm cannot be written: an adapter is moslora, the manifest says pblora.",
    );
    await expect(saveCheckpoint(path, { manifest: manifestOf("genarm"), arms: [uniArm] })).rejects.toThrow("there are 1 adapters, expected 2");
    uniArm.dispose();
    expect(await readdir(folder.path)).toEqual([]);
  });
});

describe("what a checkpoint is used with", () => {
  test("the same objectives in the same order", () => {
    const manifest = manifestOf("uniarm");
    assertSameObjectives(manifest, ["helpful", "harmless"]);
    expect(() => {
      assertSameObjectives(manifest, ["harmless", "helpful"]);
    }).toThrow(
      "The uniarm checkpoint of step 40 of run runs/one was trained on objectives [helpful, harmless] but this run asks for [harmless, helpful]. " +
        "Give objectives and preferences in the checkpoint's order: [helpful, harmless]",
    );
    expect(() => {
      assertSameObjectives(manifest, ["helpful", "funny"]);
    }).toThrow("this run asks for [helpful, funny]. Use a checkpoint with the same objectives in the same order, or train one: uniarm train --config <file>");
  });

  test("the same base model", () => {
    const manifest = manifestOf("uniarm");
    assertSameBase(manifest, SHA256);
    expect(() => {
      assertSameBase(manifest, "cd".repeat(32), "models/other");
    }).toThrow(
      "The uniarm checkpoint of step 40 of run runs/one was trained on the base model models/tiny (sha256 abababababab...) but the model in models/other has sha256 cdcdcdcdcdcd.... " +
        "An adapter fits only the weights it was trained on: use --model models/tiny, or train one on this model: uniarm train --config <file>",
    );
  });
});
