import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { bindLoraStack, stackLoras, type LoraMean } from "../../src/adapters/lora-stack.ts";
import type { RowAdapter } from "../../src/layers/adapter-rows.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig, LINEAR_MODULES } from "../../src/schema/adapter.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak, tinyModel } from "../../src/testing/index.ts";
import { moved } from "../support/adapters.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

const LORA = AdapterConfig.parse({ kind: "lora", rank: 3, alpha: 6, targets: [...LINEAR_MODULES] });
const IDS = [
  [5, 9, 120, 33, 257],
  [65, 66, 67, 68, 69],
  [1, 2, 3, 2, 1],
];
const WEIGHTS = [
  [0.2, 0.5, 0.3],
  [0, 0.75, 0.25],
  [1 / 3, 1 / 3, 1 / 3],
];

let model: Transformer;
let adapters: Adapter[];
beforeAll(async () => {
  model = await tinyModel({ random: createRandom(7) });
  adapters = [2, 3, 4].map((seed) => moved(LORA, seed));
});
afterAll(() => {
  for (const adapter of adapters) adapter.dispose();
  disposeTransformer(model);
});

function logits(ids: number[][], bound: () => RowAdapter | null): Float32Array {
  return tf.tidy(() => {
    const adapter = bound();
    const rows = adapter ? [{ adapter, start: 0, count: ids.length }] : [];
    return logitsOf(model, forward(model, ids, { adapters: rows }))
      .dataSync<"float32">()
      .slice();
  });
}

function stacked(mean: LoraMean, ids: number[][], weights: number[][], of = adapters): Float32Array {
  const stack = stackLoras(of, mean);
  try {
    return logits(ids, () => bindLoraStack(stack, tf.tensor2d(weights)));
  } finally {
    stack.dispose();
  }
}

/** One LoRA whose delta is the mean, made by plain arithmetic: of rank n r for the mean of deltas, of rank r else. */
function meanAdapter(mean: LoraMean, weights: readonly number[]): Adapter {
  const rank = mean === "deltas" ? 9 : 3;
  const made = moved(AdapterConfig.parse({ ...LORA, rank, alpha: 2 * rank }));
  for (const [name, variable] of Object.entries(made.tensors)) {
    const parts = adapters.map(({ tensors }) => tensors[name] as tf.Variable<tf.Rank.R2>);
    const isDown = name.endsWith("lora_A.weight");
    tf.tidy(() => {
      if (mean === "deltas" && isDown) variable.assign(tf.concat(parts, 0));
      else {
        const weighed = parts.map((part, index): tf.Tensor2D => tf.mul(part, weights[index]!));
        variable.assign(mean === "deltas" ? tf.concat(weighed, 1) : weighed.reduce((sum, one) => tf.add(sum, one)));
      }
    });
  }
  return made;
}

describe.each(["deltas", "factors"] as const)("a stack by the mean of %s", (mean) => {
  test("is in every row the one LoRA of that row's mean", () => {
    const found = stacked(mean, IDS, WEIGHTS);
    const expected = IDS.flatMap((ids, row) => {
      const adapter = meanAdapter(mean, WEIGHTS[row]!);
      const alone = logits([ids], () => bindAdapter(adapter, tf.zeros([1, 3])));
      adapter.dispose();
      return [...alone];
    });
    expect(largestDifference(found, expected)).toBeLessThan(1e-4); // sums of nine products in another order, over two layers
  });

  test("with all weight on one adapter is that adapter, and without any the frozen model", () => {
    const corners = [
      [0, 1, 0],
      [0, 0, 0],
      [1, 0, 0],
    ];
    const size = logits([IDS[0]!], () => null).length;
    const found = stacked(mean, IDS, corners);
    const expected = [
      logits([IDS[0]!], () => bindAdapter(adapters[1]!, tf.zeros([1, 3]))),
      logits([IDS[1]!], () => null),
      logits([IDS[2]!], () => bindAdapter(adapters[0]!, tf.zeros([1, 3]))),
    ];
    for (const [row, one] of expected.entries())
      expect(largestDifference(found.slice(row * size, (row + 1) * size), one)).toBeLessThan(1e-4);
    expect(
      largestDifference(
        expected[0]!,
        logits([IDS[0]!], () => null),
      ),
    ).toBeGreaterThan(0.1);
  });

  test("of one adapter is it, and keeps no tensor once it is disposed", async () => {
    const one = adapters.slice(0, 1);
    const alone = logits(IDS, () => bindAdapter(adapters[0]!, tf.zeros([3, 3])));
    await expectNoTensorLeak(() => {
      expect(largestDifference(stacked(mean, IDS, [[1], [1], [1]], one), alone)).toBeLessThan(1e-4);
    });
  });
});

test("the two means differ between the corners: the mean of factors has cross terms", () => {
  expect(largestDifference(stacked("deltas", IDS, WEIGHTS), stacked("factors", IDS, WEIGHTS))).toBeGreaterThan(0.1);
});

test("adapters that have no mean are refused, and so are weights of another number", () => {
  const other = moved(AdapterConfig.parse({ ...LORA, rank: 2 }));
  expect(() => stackLoras([adapters[0]!, other], "deltas")).toThrow("they differ in rank, alpha or targets");
  const mosLora = moved(AdapterConfig.parse({ kind: "moslora" }));
  expect(() => stackLoras([mosLora], "deltas")).toThrow("they are moslora");
  expect(() => stackLoras([], "deltas")).toThrow("there are none");
  expect(() => stacked("deltas", IDS, [[1, 0]])).toThrow("The weights [rows, adapters] has shape [1, 2]; expected");
  for (const adapter of [other, mosLora]) adapter.dispose();
});
