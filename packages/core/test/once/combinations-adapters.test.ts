import { mkdir, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { mergeIntoModel } from "../../src/adapters/merge.ts";
import { exportPeft } from "../../src/checkpoint/export-peft.ts";
import { exportWeights } from "../../src/checkpoint/export-weights.ts";
import { readForeignAdapter } from "../../src/checkpoint/foreign-adapter.ts";
import { PEFT_LORA_FIELDS } from "../../src/checkpoint/peft/fields.ts";
import { writeSafetensors, type TensorData } from "../../src/files/safetensors.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { UniArmError } from "../../src/schema/error.ts";
import * as tf from "../../src/tensor/tf.ts";
import { drawn, temporaryFolder } from "../../src/testing/index.ts";
import { goldenFolder } from "../support/golden.ts";

interface Head {
  types: string[];
  defaults: Record<string, unknown>;
  ids: number[][];
  models: Record<string, { config: Record<string, unknown>; weights: Record<string, [number[], number, number]> }>;
}
interface Case {
  model: string;
  config: Record<string, unknown>;
  /** name with # for the layer, layers, shape, and the base model's tensor, or "adapter ..." the adapter's own, that it is a copy of */
  tensors: [string, number[], number[], string?][];
  /** of the third and the last token */
  logits: number[][];
}

const lines = readFileSync(join(goldenFolder, "combinations", "adapters.jsonl"), "utf8")
  .trim()
  .split("\n");
const head = JSON.parse(lines[0]!) as Head;
const cases = lines.slice(1).map((line) => JSON.parse(line) as Case);
const models = new Map<string, Transformer>();
let folder: string;
let remove: () => Promise<void>;
const modelFolder = (name: string): string => join(folder, name);
const baseTensor = (model: string, name: string): TensorData => {
  const [shape, scale, centre] = head.models[model]!.weights[name]!;
  return { shape, data: drawn(name, shape, scale, centre) };
};

beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  for (const [name, { config, weights }] of Object.entries(head.models)) {
    await mkdir(modelFolder(name));
    const stored = Object.keys(weights).filter(
      (one) => one !== "lm_head.weight" || config.tie_word_embeddings !== true,
    );
    const tensors = Object.fromEntries(stored.map((one) => [one, baseTensor(name, one)]));
    await writeSafetensors(join(modelFolder(name), "model.safetensors"), tensors, { format: "pt" });
    await writeFile(join(modelFolder(name), "config.json"), JSON.stringify(config));
    models.set(name, await loadTransformer(modelFolder(name)));
  }
});
afterAll(async () => {
  for (const model of models.values()) disposeTransformer(model);
  await remove();
});

async function write(index: number, { model, config, tensors }: Case): Promise<string> {
  const target = join(folder, `adapter-${index}`);
  await mkdir(target, { recursive: true });
  await writeFile(join(target, "adapter_config.json"), JSON.stringify({ ...head.defaults, ...config }));
  const values = tensors.flatMap(([pattern, layers, shape, base]) =>
    layers.map((layer): [string, TensorData] => {
      const name = pattern.replace("#", String(layer));
      if (base?.startsWith("adapter ")) return [name, { shape, data: drawn(base, shape, 0.4) }];
      if (base !== undefined) return [name, baseTensor(model, base.replace("#", String(layer)))];
      const centre = /magnitude|norm|ln_/.test(name) ? 1 : 0;
      return [name, { shape, data: drawn(`adapter ${name}`, shape, 0.4, centre) }];
    }),
  );
  await writeSafetensors(join(target, "adapter_model.safetensors"), Object.fromEntries(values), { format: "pt" });
  return target;
}

function logitsWith(model: Transformer, adapter: Adapter | null): number[][] {
  return tf.tidy(() => {
    const adapters = adapter ? [{ adapter: bindAdapter(adapter, tf.tensor2d([[1]])), start: 0, count: 1 }] : [];
    const all = logitsOf(model, forward(model, head.ids, { adapters }), adapters).arraySync() as number[][][];
    return [all[0]![2]!, all[0]!.at(-1)!];
  });
}

/** The largest difference, relative to the largest logit where that is above 10. */
function off(found: number[][], expected: number[][]): number {
  const wanted = expected.flat();
  const largest = Math.max(10, ...wanted.map(Math.abs)) / 10;
  return Math.max(...found.flat().map((value, index) => Math.abs(value - wanted[index]!))) / largest;
}

/** What a refusal may name: a key that is set otherwise than by default, its value, or a tensor of the file. */
const named = (message: string, { config, tensors }: Case): boolean =>
  Object.keys(config).some(
    (key) => !["r", "lora_alpha", "target_modules", "peft_type"].includes(key) && message.includes(key),
  ) ||
  tensors.some(([pattern, layers]) => layers.some((layer) => message.includes(pattern.replace("#", String(layer)))));

test("adapters of random legal configurations give PEFT's logits, as they are, merged and exported, or are refused by name", async () => {
  const refused: string[] = [];
  for (const [index, one] of cases.entries()) {
    const model = models.get(one.model)!;
    const source = modelFolder(one.model);
    const where = `case ${index}: ${one.model} ${JSON.stringify(one.config)}`;
    let adapter: Adapter;
    try {
      adapter = await readForeignAdapter(await write(index, one), source);
    } catch (error) {
      expect(error, where).toBeInstanceOf(UniArmError);
      expect(named((error as Error).message, one), `${where}: ${(error as Error).message}`).toBe(true);
      refused.push((error as Error).message);
      continue;
    }
    expect(off(logitsWith(model, adapter), one.logits), where).toBeLessThan(2e-4);
    try {
      const merged = mergeIntoModel(model, adapter, []);
      expect(off(logitsWith(merged, null), one.logits), `${where}, merged`).toBeLessThan(2e-4);
      disposeTransformer(merged);
    } catch (error) {
      expect((error as Error).message, where).toContain("adds a bias to lm_head");
    }
    if (index % 2 === 0) {
      await exportPeft(join(folder, `peft-${index}`), adapter, [], source);
      const back = await readForeignAdapter(join(folder, `peft-${index}`), source);
      expect(off(logitsWith(model, back), one.logits), `${where}, as PEFT's`).toBeLessThan(2e-4);
      back.dispose();
    } else await checkWeights(one, index, adapter, where);
    adapter.dispose();
  }
  expect(refused.length, refused.join("\n")).toBeLessThan(0.2 * cases.length);
});

async function checkWeights({ model, logits }: Case, index: number, adapter: Adapter, where: string): Promise<void> {
  const target = join(folder, `weights-${index}`);
  try {
    await exportWeights(target, modelFolder(model), adapter, []);
  } catch (error) {
    expect((error as Error).message, where).toContain("has none there"); // a bias that the class has no place for
    return;
  }
  const whole = await loadTransformer(target);
  expect(off(logitsWith(whole, null), logits), `${where}, as weights`).toBeLessThan(2e-4);
  disposeTransformer(whole);
}

test("every key of PEFT's LoraConfig is read, ignored for a reason, or refused when it is set", () => {
  expect(Object.keys(head.defaults).filter((key) => !Object.hasOwn(PEFT_LORA_FIELDS, key))).toEqual([]);
});

test.each(head.types.filter((type) => type !== "LORA"))("PEFT's %s is refused by its name", async (type) => {
  const target = join(folder, `type-${type}`);
  await mkdir(target);
  await writeFile(join(target, "adapter_config.json"), JSON.stringify({ peft_type: type, task_type: "CAUSAL_LM" }));
  await expect(readForeignAdapter(target, modelFolder("llama"))).rejects.toThrow(
    new RegExp(`peft_type is "${type}"; supported are PEFT's LoRA.*(Merge it in PEFT first: python -c|train a LoRA)`),
  );
});
