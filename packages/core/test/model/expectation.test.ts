import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { checkExpectation, type ExpectationCheck } from "../../src/model/expectation.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { BaseWeights } from "../../src/schema/base-weights.ts";
import { ModelExpectation } from "../../src/schema/expectation.ts";
import { nativeOps } from "../../src/tensor/native.ts";
import { temporaryFolder } from "../../src/testing/index.ts";
import { goldenFolder, readGolden } from "../support/golden.ts";

async function checksOf(folder: string, name: string, baseWeights: BaseWeights): Promise<ExpectationCheck[]> {
  const model = await loadTransformer(folder, { baseWeights });
  try {
    return await checkExpectation(model, ModelExpectation.parse(readGolden(`models/${name}/expect.json`)));
  } finally {
    disposeTransformer(model);
  }
}

/** Those that the engine at hand can hold. */
const TYPES = BaseWeights.options.filter((type) => type === "float32" || nativeOps() !== null);

const judged = (checks: readonly ExpectationCheck[]): string[] =>
  checks.filter(({ tolerance }) => tolerance !== null).map(({ what }) => what);

test.each(["llama", "gpt2", "qwen3"])("%s holds what is expected of it in every type of weights", async (name) => {
  for (const baseWeights of TYPES) {
    const checks = await checksOf(join(goldenFolder, "models", name), name, baseWeights);
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(judged(checks)).toEqual(
      baseWeights === "float32" ? ["logits", "token log-probabilities", "greedy continuation"] : ["mean over tokens"],
    );
  }
});

test("two matrices in each other's place are found in every type of weights", async () => {
  const folder = await temporaryFolder();
  const golden = (file: string): string => join(goldenFolder, "models/llama", file);
  await copyFile(golden("config.json"), join(folder.path, "config.json"));
  const content = await readFile(golden("model.safetensors"));
  const end = 8 + Number(content.readBigUInt64LE(0));
  const names: Record<string, string> = { k_proj: "v_proj", v_proj: "k_proj" };
  const header = content.toString("latin1", 8, end).replaceAll(/[kv]_proj/g, (name) => names[name]!);
  await writeFile(
    join(folder.path, "model.safetensors"),
    Buffer.concat([content.subarray(0, 8), Buffer.from(header, "latin1"), content.subarray(end)]),
  );
  for (const baseWeights of TYPES)
    expect((await checksOf(folder.path, "llama", baseWeights)).some(({ passed }) => !passed)).toBe(true);
  await folder.remove();
});
