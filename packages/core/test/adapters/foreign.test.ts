import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { exportPeft } from "../../src/checkpoint/export-peft.ts";
import { exportWeights } from "../../src/checkpoint/export-weights.ts";
import { readForeignAdapter } from "../../src/checkpoint/foreign-adapter.ts";
import { narrowBfloat16, narrowFloat16, widenFloat16 } from "../../src/files/half-precision.ts";
import { float32Of, readSafetensors, writeSafetensors } from "../../src/files/safetensors.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { bfloat16Rounded, expectNoTensorLeak, temporaryFolder } from "../../src/testing/index.ts";
import { goldenFolder, paddingOf, readGolden } from "../support/golden.ts";
import { largestDifference } from "../support/numeric-gradient.ts";
import { drawTensors } from "../support/draw-tensors.ts";

interface Case {
  preference: number[];
  logits: number[][];
}
interface AdapterGolden {
  tolerance: { logits_abs: number };
  input_ids: number[][];
  attention_mask: number[][];
  logits_at: [number, number][];
  logits?: number[][];
  cases?: Case[];
}

const base = join(goldenFolder, "models", "llama");
const foreign = (name: string): string => join(goldenFolder, "adapters", name);
let model: Transformer;
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  model = await loadTransformer(base);
});
afterAll(() => {
  disposeTransformer(model);
});
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

/** Logits at the golden places of a model, with an adapter at one preference or without. */
function logitsAt(on: Transformer, golden: AdapterGolden, adapter?: Adapter, preference: number[] = [1]): number[] {
  return tf.tidy(() => {
    const rows = golden.input_ids.length;
    const bound = adapter && bindAdapter(adapter, tf.tensor2d(golden.input_ids.map(() => preference)));
    const hidden = forward(on, golden.input_ids, {
      padding: paddingOf(golden.attention_mask),
      adapters: bound ? [{ adapter: bound, start: 0, count: rows }] : [],
    });
    const logits = logitsOf(on, hidden).arraySync() as number[][][];
    return golden.logits_at.flatMap(([row, column]) => logits[row]![column]!);
  });
}

/** An adapter of every form whose tensors are all drawn. */
function drawn(config: AdapterConfig, width = 40): Adapter {
  const random = createRandom(5);
  const objectiveVectors = [0, 1].map((one) => Array.from({ length: width }, (_, index) => Number(index === one)));
  const adapter = createAdapter(config, model.config, {
    objectiveCount: config.kind === "lora" ? 1 : 2,
    random,
    objectiveVectors,
  });
  drawTensors(adapter, 0.3, () => random);
  return adapter;
}

const FORMS = [
  { kind: "lora", rank: 3, alpha: 6, targets: ["q_proj", "down_proj"] },
  { kind: "pblora", sharedRank: 2, preferenceRank: 3, targets: ["q_proj", "k_proj", "v_proj"] },
  { kind: "moslora", rank: 4, modulation: "scale", targets: ["q_proj", "v_proj", "gate_proj"] },
  { kind: "moslora", rank: 4, targets: ["q_proj", "o_proj", "up_proj"] },
  { kind: "moslora", rank: 4, modulationSpace: "output", modulationGenerator: "shared", targets: ["v_proj"] },
].map((config) => AdapterConfig.parse(config));
const golden = readGolden<AdapterGolden>("adapters/lora/expect.json");

describe("adapters that others trained", () => {
  test("PEFT's LoRA gives the reference's logits", async () => {
    await expectNoTensorLeak(async () => {
      const adapter = await readForeignAdapter(foreign("lora"), base);
      expect(adapter.config).toMatchObject({ kind: "lora", rank: 4, alpha: 8 });
      expect(largestDifference(logitsAt(model, golden, adapter), golden.logits!.flat())).toBeLessThan(
        golden.tolerance.logits_abs,
      );
      adapter.dispose();
    });
  });

  test.each(["pblora-k2", "pblora-k3"])("PARM's %s gives the reference's logits at every preference", async (name) => {
    const expected = readGolden<AdapterGolden>(`adapters/${name}/expect.json`);
    const adapter = await readForeignAdapter(foreign(name), base);
    for (const { preference, logits } of expected.cases!)
      expect(largestDifference(logitsAt(model, expected, adapter, preference), logits.flat())).toBeLessThan(
        expected.tolerance.logits_abs,
      );
    adapter.dispose();
  });

  async function changed(edit: (config: Record<string, unknown>) => void): Promise<string> {
    const target = join(folder, "adapter");
    await cp(foreign("lora"), target, { recursive: true });
    const config = JSON.parse(await readFile(join(target, "adapter_config.json"), "utf8")) as Record<string, unknown>;
    edit(config);
    await writeFile(join(target, "adapter_config.json"), JSON.stringify(config));
    return target;
  }

  test("rank-stabilised LoRA has its own scale", async () => {
    const adapter = await readForeignAdapter(await changed((config) => (config.use_rslora = true)), base);
    expect(adapter.config).toMatchObject({ rank: 4, alpha: 16 }); // 16 / 4 = 8 / sqrt(4)
    adapter.dispose();
  });

  test.each<[string, (config: Record<string, unknown>) => void, string]>([
    [
      "DoRA without its magnitudes",
      (config) => (config.use_dora = true),
      "lora_magnitude_vector, which its configuration asks for",
    ],
    ["a rank of its own", (config) => (config.rank_pattern = { q_proj: 8 }), "its configuration asks for [8"],
    [
      "a whole module that is not there",
      (config) => (config.modules_to_save = ["lm_head"]),
      "which modules_to_save (lm_head)",
    ],
    ["another method", (config) => (config.peft_type = "IA3"), "supported are PEFT's LoRA"],
    ["another rank", (config) => (config.r = 5), "its configuration asks for [5"],
  ])("%s is refused", async (_name, edit, message) => {
    await expect(readForeignAdapter(await changed(edit), base)).rejects.toThrow(message);
  });

  test("names with the adapter's own name in them are understood, two adapters in one file are not", async () => {
    const target = await changed(() => undefined);
    const file = join(target, "adapter_model.safetensors");
    const { tensors } = await readSafetensors(file);
    const values = (name: (old: string) => string): Record<string, { shape: number[]; data: Float32Array }> =>
      Object.fromEntries(
        [...tensors].map(([old, entry]) => [name(old), { shape: entry.shape, data: float32Of(entry) }]),
      );
    const named = values((old) => old.replace(".weight", ".default.weight"));
    await writeSafetensors(file, named);
    (await readForeignAdapter(target, base)).dispose();
    await writeSafetensors(file, { ...named, ...values((old) => old) });
    await expect(readForeignAdapter(target, base)).rejects.toThrow("holds more than one adapter");
  });

  test("what is missing is named; a pickle with the command that converts it", async () => {
    await expect(readForeignAdapter(join(folder, "nowhere"), base)).rejects.toThrow("has no adapter_config.json");
    const target = await changed(() => undefined);
    await rm(join(target, "adapter_model.safetensors"));
    await writeFile(join(target, "adapter_model.bin"), "");
    await expect(readForeignAdapter(target, base)).rejects.toThrow(/a Python pickle.*Convert it: python -c/);
  });
});

describe("adapters for others", () => {
  test.each(FORMS)("$kind as PEFT's LoRA is the adapter at that preference", async (config) => {
    await expectNoTensorLeak(async () => {
      const adapter = drawn(config);
      const preference = config.kind === "lora" ? [] : [0.3, 0.7];
      const exported = await exportPeft(join(folder, "peft"), adapter, preference, base);
      const shifts = config.kind === "moslora" && config.modulation !== "scale";
      expect(exported.bias).toBe(shifts);
      const back = await readForeignAdapter(join(folder, "peft"), base);
      const [own, other] = [
        logitsAt(model, golden, adapter, preference.length > 0 ? preference : [1]),
        logitsAt(model, golden, back),
      ];
      expect(largestDifference(own, other)).toBeLessThan(1e-4); // products in another order, logits of order 10
      back.dispose();
      adapter.dispose();
    });
  });

  test.each(FORMS)("$kind merged into the weights, in two shards, gives the adapter's logits", async (config) => {
    await expectNoTensorLeak(async () => {
      const adapter = drawn(config);
      const preference = config.kind === "lora" ? [] : [0.3, 0.7];
      let told = 0;
      const { files } = await exportWeights(join(folder, "merged"), base, adapter, preference, {
        shardBytes: 120_000,
        onProgress: () => told++,
      });
      expect(files).toEqual(["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]);
      expect(told).toBeGreaterThan(20);
      const merged = await loadTransformer(join(folder, "merged"));
      const own = logitsAt(model, golden, adapter, preference.length > 0 ? preference : [1]);
      expect(largestDifference(logitsAt(merged, golden), own)).toBeLessThan(1e-4);
      disposeTransformer(merged);
      adapter.dispose();
    });
  });

  test.each(["bfloat16", "float16"] as const)("weights in %s are those in float32, rounded", async (dtype) => {
    const adapter = drawn(FORMS[1]!);
    await exportWeights(join(folder, "wide"), base, adapter, [0.5, 0.5], { dtype: "float32" });
    await exportWeights(join(folder, "narrow"), base, adapter, [0.5, 0.5], { dtype });
    const [wide, narrow] = [await loadTransformer(join(folder, "wide")), await loadTransformer(join(folder, "narrow"))];
    const values = (one: Transformer): Float32Array =>
      one.weights.layers[0]!.qkv[0]!.matrix.values.dataSync<"float32">();
    const rounded = dtype === "bfloat16" ? bfloat16Rounded(values(wide)) : widenFloat16(narrowFloat16(values(wide)));
    expect(values(narrow)).toEqual(rounded);
    const json = JSON.parse(await readFile(join(folder, "narrow", "config.json"), "utf8")) as Record<string, unknown>;
    expect([json.dtype, json.torch_dtype]).toEqual([dtype, dtype]);
    for (const one of [wide, narrow]) disposeTransformer(one);
    adapter.dispose();
  });

  test("tokenizer files come along, and a bias without a place is refused before anything is written", async () => {
    const source = join(folder, "mistral");
    await cp(join(goldenFolder, "models", "mistral"), source, { recursive: true });
    await writeFile(join(source, "tokenizer.json"), "{}");
    const mistral = await loadTransformer(source);
    const make = (modulation: "scale" | "shift"): Adapter =>
      createAdapter(AdapterConfig.parse({ kind: "moslora", modulation }), mistral.config, {
        objectiveCount: 2,
        random: createRandom(0),
        objectiveVectors: [0, 1].map((one) => Array.from({ length: 44 }, (_, index) => Number(index === one))),
      });
    const [scales, shifts] = [make("scale"), make("shift")];
    await exportWeights(join(folder, "out"), source, scales, [0.5, 0.5]);
    expect(await readFile(join(folder, "out", "tokenizer.json"), "utf8")).toBe("{}");
    await mkdir(join(folder, "kept"));
    await expect(exportWeights(join(folder, "refused"), source, shifts, [0.5, 0.5])).rejects.toThrow(
      "the MistralForCausalLM class of transformers has none there",
    );
    for (const adapter of [scales, shifts]) adapter.dispose();
    disposeTransformer(mistral);
  });
});

test("half precision is rounded to nearest, ties to even, from the smallest to beyond the largest", () => {
  const values = [
    0,
    -0,
    1,
    -1.5,
    2 ** -24,
    2 ** -25,
    1.5 * 2 ** -24,
    2 ** -14,
    65504,
    65519,
    65520,
    1e9,
    -1e9,
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
  ];
  const expected = [
    0,
    -0,
    1,
    -1.5,
    2 ** -24,
    0,
    2 ** -23,
    2 ** -14,
    65504,
    65504,
    Infinity,
    Infinity,
    -Infinity,
    1,
    1 + 2 ** -9,
  ];
  expect([...widenFloat16(narrowFloat16(Float32Array.from(values)))]).toEqual(expected);
  expect(widenFloat16(narrowFloat16(Float32Array.of(NaN)))[0]).toBeNaN();
  const all = widenFloat16(Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits));
  const back = narrowFloat16(all);
  expect([...all].every((value, bits) => Number.isNaN(value) || back[bits] === bits)).toBe(true);
  const random = createRandom(1);
  const drawnValues = Float32Array.from({ length: 1000 }, () => random.normal());
  expect(new Float32Array(Uint32Array.from(narrowBfloat16(drawnValues), (half) => half << 16).buffer)).toEqual(
    bfloat16Rounded(drawnValues),
  );
});
