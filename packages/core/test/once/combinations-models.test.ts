import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { createKvCache, forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { UniArmError } from "../../src/schema/error.ts";
import * as tf from "../../src/tensor/tf.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { writeModelCombination, type ModelCombination } from "../support/model-combination.ts";
import { goldenFolder } from "../support/golden.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

/** Random legal configs, and what transformers computes with them: tooling/reference/combinations/models.py. */
const combinations = readFileSync(join(goldenFolder, "combinations", "models.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as ModelCombination);
const types = [...new Set(combinations.map(({ config }) => config.model_type))];

let agreed = 0;
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

/** Logits in the last column [B][V]; with a cache that holds the columns before `split`, where one is given. */
function lastLogits(model: Transformer, { ids, padding }: ModelCombination, split?: number): number[][] {
  return tf.tidy(() => {
    const last = (hidden: tf.Tensor3D): number[][] => {
      const [rows, columns, width] = hidden.shape;
      const states = tf.slice(hidden, [0, columns - 1, 0], [rows, 1, width]);
      return logitsOf(model, tf.reshape(states, [rows, width])).arraySync() as number[][];
    };
    if (split === undefined) return last(forward(model, ids, { padding }));
    const cache = createKvCache(model, padding);
    try {
      forward(
        model,
        ids.map((row) => row.slice(0, split)),
        { cache },
      );
      return last(
        forward(
          model,
          ids.map((row) => row.slice(split)),
          { cache },
        ),
      );
    } finally {
      cache.dispose();
    }
  });
}

const tolerance = (expected: readonly number[][]): number =>
  2e-4 * Math.max(1, Math.max(...expected.flat().map(Math.abs)) / 10);

/** What is wrong with a combination; null where it agrees; its refusal where it is refused by name. */
async function outcome(combination: ModelCombination): Promise<string | UniArmError | null> {
  await writeModelCombination(folder, combination);
  let model: Transformer;
  try {
    model = await loadTransformer(folder);
  } catch (error) {
    if (error instanceof UniArmError) return error;
    throw error;
  }
  try {
    const { logits } = combination;
    const whole = largestDifference(lastLogits(model, combination).flat(), logits.flat());
    if (!(whole < tolerance(logits))) return `off by ${whole}`;
    const cached = cachedDifference(model, combination);
    return cached === null || cached < tolerance(logits) ? null : `with a cache off by ${cached}`;
  } finally {
    disposeTransformer(model);
  }
}

/** null where the cache is refused: longrope turns otherwise beyond the first part of the context */
function cachedDifference(model: Transformer, combination: ModelCombination): number | null {
  try {
    return largestDifference(lastLogits(model, combination, 7).flat(), combination.logits.flat());
  } catch (error) {
    if (error instanceof UniArmError && error.code === "context-crossed") return null;
    throw error;
  }
}

test.each(types)(
  "%s: random legal configs give transformers' logits, with a cache too, or are refused by name",
  async (type) => {
    const own = combinations.filter(({ config }) => config.model_type === type);
    const wrong: unknown[] = [];
    let agreeing = 0;
    for (const combination of own) {
      const found = await outcome(combination);
      if (found === null) agreeing++;
      else if (typeof found === "string" || !namesAKey(found, combination)) wrong.push([found, combination.config]);
    }
    expect(wrong).toEqual([]);
    expect(agreeing / own.length).toBeGreaterThanOrEqual(0.75);
    agreed += agreeing;
  },
);

/** A refusal names a key of the config, or its value. */
function namesAKey({ message }: UniArmError, { config }: ModelCombination): boolean {
  const named = (json: object): string[] =>
    Object.entries(json).flatMap(([key, value]: [string, unknown]) => {
      if (typeof value === "object" && value !== null) return [key, ...named(value)];
      return [key, ...(typeof value === "string" ? [value] : [])];
    });
  return named(config).some((name) => name !== "model_type" && message.includes(name));
}

test("there are enough of them, and few are refused", () => {
  expect(combinations.length).toBeGreaterThanOrEqual(200);
  expect(agreed / combinations.length).toBeGreaterThanOrEqual(0.95);
});
