import { afterAll, beforeAll, expect, test } from "vitest";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { withDropout } from "../../src/adapters/dropout.ts";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { forward, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig, LINEAR_MODULES } from "../../src/schema/adapter.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak, tinyModel } from "../../src/testing/index.ts";

let model: Transformer;
let adapter: Adapter;
beforeAll(async () => {
  model = await tinyModel({ random: createRandom(3) });
  const random = createRandom(4);
  const config = AdapterConfig.parse({ kind: "lora", targets: LINEAR_MODULES });
  adapter = createAdapter(config, model.config, { objectiveCount: 1, random });
  for (const variable of Object.values(adapter.tensors))
    tf.tidy(() => {
      const values = Float32Array.from({ length: variable.size }, () => 0.3 * random.normal());
      variable.assign(tf.tensor(values, variable.shape));
    });
});
afterAll(() => {
  adapter.dispose();
  disposeTransformer(model);
});

const ids = [
  [1, 2, 3],
  [4, 5, 6],
];
const statesOf = (dropout: { share: number; seed: number } | null, recompute = false): number[] =>
  tf.tidy(() => {
    const bound = bindAdapter(adapter, tf.ones([2, 1]));
    const rows = dropout ? withDropout(bound, dropout.share, createRandom(dropout.seed)) : bound;
    return Array.from(forward(model, ids, { adapters: [{ adapter: rows, start: 0, count: 2 }], recompute }).dataSync());
  });

test("it is the seed's: the same again, another with another seed, and nothing at a share of 0", async () => {
  await expectNoTensorLeak(() => {
    const dropped = statesOf({ share: 0.4, seed: 1 });
    expect(statesOf({ share: 0.4, seed: 1 })).toEqual(dropped);
    expect(statesOf({ share: 0.4, seed: 2 })).not.toEqual(dropped);
    const without = statesOf(null);
    expect(without).not.toEqual(dropped);
    // the engine's own products add in another order than the composed ones
    statesOf({ share: 0, seed: 1 }).forEach((value, index) => expect(value).toBeCloseTo(without[index]!, 4));
  });
});

test("a share of the inputs is left out, the rest scaled so that their mean stays", () => {
  tf.tidy(() => {
    const share = 0.3;
    const module = adapter.modules[0]!.name;
    const rows = withDropout(bindAdapter(adapter, tf.ones([1, 1])), share, createRandom(5));
    const { dropInput } = rows.deltaOf(module)!;
    const values = Array.from(dropInput!(tf.ones([200, 50])).dataSync());
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    const kept = values.filter((value) => value > 0).length / values.length;
    expect(Math.abs(kept - 0.7)).toBeLessThan(0.02); // four deviations of 10,000 draws
    const other = rows.deltaOf(adapter.modules[1]!.name)!.dropInput!;
    expect(Array.from(other(tf.ones([200, 50])).dataSync())).not.toEqual(values);
  });
});

test("gradients are those of central differences, with layers computed again too", () => {
  const [name, variable] = Object.entries(adapter.tensors)[0]!;
  const gradients = [false, true].map((recompute) =>
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => {
        const rows = withDropout(bindAdapter(adapter, tf.ones([2, 1])), 0.4, createRandom(1));
        return tf.sum<tf.Scalar>(forward(model, ids, { adapters: [{ adapter: rows, start: 0, count: 2 }], recompute }));
      }, Object.values(adapter.tensors));
      return Array.from(grads[variable.name]!.dataSync());
    }),
  );
  const values = Array.from(variable.dataSync());
  const sumAt = (change: number): number => {
    const moved = Float32Array.from(values);
    moved[3]! += change;
    tf.tidy(() => {
      variable.assign(tf.tensor(moved, variable.shape));
    });
    return statesOf({ share: 0.4, seed: 1 }).reduce((sum, value) => sum + value, 0);
  };
  const slope = (sumAt(0.01) - sumAt(-0.01)) / 0.02;
  sumAt(0);
  expect(slope, name).not.toBe(0);
  for (const gradient of gradients) expect(Math.abs(gradient[3]! - slope)).toBeLessThan(0.02 * Math.abs(slope) + 1e-3);
});
