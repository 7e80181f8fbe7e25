import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkExpectation } from "../../src/model/expectation.ts";
import { inspectModel } from "../../src/model/inspect.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { readModelConfig } from "../../src/model/model-folder.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { ModelExpectation } from "../../src/schema/expectation.ts";
import { goldenFolder, readGolden } from "../support/golden.ts";
import { float32, text, uint32, type GgufInput } from "../support/gguf-file.ts";
import { asGguf } from "../support/gguf-model.ts";

describe.each([
  ["llama", "llama"],
  ["mistral", "llama"],
  ["qwen2", "qwen2"],
  ["qwen3", "qwen3"],
  ["gpt2", "gpt2"],
])("%s from a GGUF file", (name, arch) => {
  test("has the configuration of its folder and answers as transformers does", async () => {
    const path = await asGguf(name, arch);
    const folder = join(goldenFolder, "models", name);
    const config = await readModelConfig(path);
    expect(config).toEqual({ ...(await readModelConfig(folder)), padTokenId: null });
    expect(await inspectModel(path)).toMatchObject({ files: ["model.gguf"], missing: [], unused: [] });
    const model = await loadTransformer(path);
    const checks = await checkExpectation(model, ModelExpectation.parse(readGolden(`models/${name}/expect.json`)));
    disposeTransformer(model);
    for (const check of checks) expect(check).toMatchObject({ passed: true });
  });
});

const withKeys =
  (more: GgufInput) =>
  (keys: GgufInput): GgufInput => ({ ...keys, ...more });

test.each<[string, GgufInput, RegExp]>([
  [
    "an architecture that is not read",
    { "general.architecture": text("mamba") },
    /of architecture "mamba"; read are llama, mistral, qwen2, qwen3, gpt2/,
  ],
  [
    "a key that is not computed",
    { "llama.attention.clamp_kqv": float32(8) },
    /says llama\.attention\.clamp_kqv, which is not computed/,
  ],
  ["experts", { "llama.expert_count": uint32(8) }, /has 8 experts a layer, which are not read from GGUF files/],
  [
    "one part of several",
    { "split.count": uint32(3) },
    /is one of 3 parts of a model; join them with llama-gguf-split --merge/,
  ],
  [
    "positions that turn half of a head",
    { "llama.rope.dimension_count": uint32(4) },
    /turns 4 of 10 entries of a head/,
  ],
  [
    "heads that do not divide its rows",
    { "llama.attention.head_count": uint32(7) },
    /of 40 rows for 7 heads|must divide/,
  ],
])("a file with %s is refused", async (_name, more, sentence) => {
  const path = await asGguf("llama", "llama", withKeys(more));
  await expect(loadTransformer(path)).rejects.toThrow(sentence);
});

test.each<[string, GgufInput, object]>([
  ["linear", { factor: float32(4) }, { kind: "linear", factor: 4 }],
  [
    "yarn",
    { factor: float32(4), original_context_length: uint32(64), yarn_beta_fast: float32(16) },
    {
      kind: "yarn",
      factor: 4,
      originalContextTokens: 64,
      betaFast: 16,
      betaSlow: 1,
      attentionFactor: 0.1 * Math.log(4) + 1, // YaRN (arXiv 2309.00071)
      truncate: true,
    },
  ],
])("rotary scaling that the file's keys name is that of config.json: %s", async (type, more, scaling) => {
  const keys = Object.entries({ type: text(type), ...more }).map(([key, value]) => [
    `llama.rope.scaling.${key}`,
    value,
  ]);
  const path = await asGguf("llama", "llama", withKeys(Object.fromEntries(keys) as GgufInput));
  expect((await readModelConfig(path)).rope).toEqual({ theta: 10_000, scaling });
});
