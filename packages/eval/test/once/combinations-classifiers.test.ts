import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEngine, readConfigJson } from "@uniarm/core";
import type { UniArmError } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { openCausalModel } from "../../src/reward-models/causal-model.ts";
import { kindOf, REWARD_MODEL_KINDS } from "../../src/reward-models/kinds.ts";
import { combinationsOf, writeDrawnEncoder, type DrawnEncoder } from "../support/drawn-encoder.ts";

interface Combination extends DrawnEncoder {
  rows: { ids: number[] }[];
  logits: number[][];
}

const lines = combinationsOf<Combination>("classifiers.jsonl");
const classOf = ({ config }: Combination): string => config.architectures[0]!;
const classes = [...new Set(lines.map(classOf))];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  await openEngine();
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

test("every classifier on a causal model has combinations", () => {
  const causal = Object.entries(REWARD_MODEL_KINDS).filter(([, kind]) => kind.head === "score");
  expect(classes.sort()).toEqual(causal.map(([name]) => name).sort());
});

let refused = 0;
test.each(classes)("%s scores random configs as transformers does, texts that end in the pad id too", async (name) => {
  for (const [place, { config, tensors, rows, logits }] of lines.filter((line) => classOf(line) === name).entries()) {
    const path = join(folder.path, `${name}-${place}`);
    await writeDrawnEncoder(path, { config, tensors });
    const { kind, json } = kindOf(await readConfigJson(path), path);
    const model = await openCausalModel(path, kind, json, "float32").catch((error: unknown) => error as UniArmError);
    if (model instanceof Error) {
      expect(model, JSON.stringify(config)).toMatchObject({ code: "model-unsupported" });
      refused += 1;
      continue;
    }
    for (const side of ["right", "left"] as const) {
      const scores = await model.score(rows, side);
      const largest = Math.max(1, ...logits.flat().map(Math.abs));
      const differences = scores.flatMap((row, index) => row.map((value, at) => Math.abs(value - logits[index]![at]!)));
      expect(Math.max(...differences) / largest, `${side} ${JSON.stringify(config)}`).toBeLessThanOrEqual(2e-4);
    }
    model.dispose();
  }
});

test("at least four of five combinations are computed, not refused", () => {
  expect(refused / lines.length).toBeLessThanOrEqual(0.2);
});
