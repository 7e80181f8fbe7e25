import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { assertSameBase, assertSameObjectives } from "../../src/checkpoint/assertions.ts";
import { loadCheckpoint, saveCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { readSafetensors, writeSafetensors, type TensorData } from "../../src/files/safetensors.ts";
import type { Method } from "../../src/schema/method.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { expectNoTensorLeak, temporaryFolder, TINY_CONFIG } from "../../src/testing/index.ts";
import { CheckpointManifest } from "../../src/schema/manifest.ts";
import { armsOf, manifestOf, OBJECTIVES, save, SHA256 } from "../support/checkpoints.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  await openEngine();
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

/** Writes a checkpoint, then changes its tensors. */
async function tampered(method: Method, change: (tensors: Record<string, TensorData>) => void): Promise<string> {
  const path = join(folder.path, `tampered-${method}`);
  await save(method, path);
  const file = join(path, "adapter.safetensors");
  const { tensors } = await readSafetensors(file);
  const data = Object.fromEntries(
    [...tensors].map(([name, { shape, bytes }]) => [
      name,
      { shape, data: new Float32Array(new Uint8Array(bytes).buffer) },
    ]),
  );
  change(data);
  await writeSafetensors(file, data);
  return path;
}

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
    await expect(loadCheckpoint(path())).rejects.toThrow(
      /manifest\.json is not a checkpoint's manifest: .*objectives.*step/s,
    );
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
    await expect(loadCheckpoint(path())).rejects.toThrow(
      "has tensor objective_embeddings of shape [2, 16]; its configuration asks for [1, any].",
    );
  });
});

test.each([
  ["modpo", undefined, "modpo has a policy for each of some preferences: the manifest has to say which"],
  ["modpo", [[1]], "[1] has 1 entries; it needs 2, one for each objective"],
  ["genarm", [[1, 0]], "genarm has no adapter of a preference: leave them out"],
] as const)("a manifest of %s with weights %j is refused", (method, armWeights, sentence) => {
  const { adapter, ...manifest } = manifestOf("genarm");
  const read = CheckpointManifest.safeParse({ ...manifest, adapter, training: null, method, armWeights });
  expect(read.error?.issues.map(({ path, message }) => [path.join("."), message])).toEqual([["armWeights", sentence]]);
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
    await expect(loadCheckpoint(path)).rejects.toThrow(
      "has tensor x.extra, which no pblora adapter of its configuration has.",
    );
  });

  test("one that belongs to no objective", async () => {
    const path = await tampered(
      "genarm",
      (tensors) => (tensors["arms.funny.x"] = { shape: [1], data: Float32Array.of(1) }),
    );
    await expect(loadCheckpoint(path)).rejects.toThrow(
      "has tensor arms.funny.x, which belongs to none of its 2 ARMs (arms.helpful., arms.harmless.).",
    );
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
    const beyond = await tampered(
      "parm",
      (tensors) =>
        (tensors["base_model.model.model.layers.999999.self_attn.k_proj.pblora_A"] = tensors[`${NAME}.pblora_A`]!),
    );
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
    await expect(saveCheckpoint(path, { manifest: manifestOf("genarm"), arms: [uniArm] })).rejects.toThrow(
      "there are 1 adapters, expected 2",
    );
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
    }).toThrow(
      "this run asks for [helpful, funny]. Use a checkpoint with the same objectives in the same order, or train one: uniarm train --config <file>",
    );
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
