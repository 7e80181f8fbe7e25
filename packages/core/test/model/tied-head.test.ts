import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exportWeights } from "../../src/checkpoint/export-weights.ts";
import { readSafetensors, writeSafetensors, float32Of, type TensorData } from "../../src/files/safetensors.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { inspectModel } from "../../src/model/inspect.ts";
import { loadTransformer, saveTransformer } from "../../src/model/pretrained.ts";
import { forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { writeTinyModel } from "../../src/testing/tiny-model.ts";
import { moved } from "../support/adapters.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await writeTinyModel(folder, { config: { tiedEmbeddings: true } });
});
afterEach(() => remove());

const EMBEDDING = "model.embed_tokens.weight";
const HEAD = "lm_head.weight";

/** Writes the weights again, changed. */
async function editWeights(edit: (tensors: Record<string, TensorData>) => void): Promise<void> {
  const path = join(folder, "model.safetensors");
  const { tensors } = await readSafetensors(path);
  const values = [...tensors].map(
    ([name, entry]) => [name, { shape: entry.shape, data: float32Of(entry).slice() }] as const,
  );
  const record: Record<string, TensorData> = Object.fromEntries(values);
  edit(record);
  await writeSafetensors(path, record, { format: "pt" });
}

const logits = (model: Transformer): Float32Array =>
  tf.tidy(() => logitsOf(model, forward(model, [[1, 2, 3, 4]])).dataSync<"float32">());

async function loadedLogits(
  from = folder,
): Promise<{ values: Float32Array; notices: readonly string[]; isTied: boolean }> {
  const model = await loadTransformer(from);
  const found = { values: logits(model), notices: model.notices, isTied: model.config.tiedEmbeddings };
  disposeTransformer(model);
  return found;
}

/** A head of its own: twice the embedding, so that logits double. */
const addOwnHead = (tensors: Record<string, TensorData>): void => {
  const { shape, data } = tensors[EMBEDDING]!;
  tensors[HEAD] = { shape, data: Float32Array.from(data, (value) => 2 * value) };
};

test("the files' own head goes before tie_word_embeddings, with a notice", async () => {
  const before = await loadedLogits();
  await editWeights(addOwnHead);
  await expectNoTensorLeak(async () => {
    const own = await loadedLogits();
    expect(
      largestDifference(
        own.values,
        before.values.map((value) => 2 * value),
      ),
    ).toBeLessThan(1e-6);
    expect(own.isTied).toBe(false);
    expect(own.notices).toEqual([
      `config.json says that the head is the embedding (tie_word_embeddings), but the files hold a ${HEAD} that differs from ${EMBEDDING}: ` +
        "the files' head is used, as transformers does. Write tie_word_embeddings false into config.json to say so.",
    ]);
  });
  const found = await inspectModel(folder);
  expect([found.notices.length, found.unused, found.config.tiedEmbeddings]).toEqual([1, [], false]);
});

test("a head that equals the embedding is tied and not worth a notice", async () => {
  const before = await loadedLogits();
  await editWeights((tensors) => (tensors[HEAD] = tensors[EMBEDDING]!));
  expect(await loadedLogits()).toEqual(before);
  const found = await inspectModel(folder);
  expect([found.notices, found.unused, found.config.tiedEmbeddings]).toEqual([[], [], true]);
});

test("a shared tensor that is stored under the head's name alone loads, for a backbone too", async () => {
  const before = await loadedLogits();
  await editWeights((tensors) => {
    tensors[HEAD] = tensors[EMBEDDING]!;
    delete tensors[EMBEDDING];
  });
  expect(await loadedLogits()).toEqual(before);
  const backbone = await loadTransformer(folder, { head: false });
  expect(tf.tidy(() => forward(backbone, [[1, 2]]).shape)).toEqual([1, 2, 16]);
  disposeTransformer(backbone);
  const found = await inspectModel(folder);
  expect([found.missing, found.unused]).toEqual([[], []]);
});

test("what is loaded from such files is saved and exported as it answers", async () => {
  await editWeights(addOwnHead);
  const model = await loadTransformer(folder);
  const saved = join(folder, "saved");
  await saveTransformer(saved, model);
  disposeTransformer(model);
  const own = await loadedLogits();
  expect(await loadedLogits(saved)).toEqual({ ...own, notices: [] });

  const adapter = moved({ kind: "lora", rank: 2, alpha: 4, targets: ["q_proj"] });
  const exported = join(folder, "exported");
  await exportWeights(exported, folder, adapter, []);
  adapter.dispose();
  expect(JSON.parse(await readFile(join(exported, "config.json"), "utf8"))).toMatchObject({
    tie_word_embeddings: false,
  });
  const { isTied, notices } = await loadedLogits(exported);
  expect([isTied, notices]).toEqual([false, []]);
});
