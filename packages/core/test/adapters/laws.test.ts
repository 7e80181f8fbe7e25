import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { mergeIntoModel } from "../../src/adapters/merge.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig, ignoresPreference, LINEAR_MODULES } from "../../src/schema/adapter.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak, TINY_CONFIG, tinyModel } from "../../src/testing/index.ts";
import { fresh, moved } from "../support/adapters.ts";
import { largestDifference, numericGradient } from "../support/numeric-gradient.ts";

const PREFERENCES = [
  [1, 0, 0],
  [0.2, 0.5, 0.3],
  [0, 0.25, 0.75],
];
const IDS = [
  [5, 9, 120, 33, 257],
  [65, 66, 67, 68, 69],
  [1, 2, 3, 2, 1],
];
const targets = [...LINEAR_MODULES];

const mosLora = (["scale-and-shift", "scale", "shift"] as const).flatMap((modulation) =>
  (["rank", "output"] as const).flatMap((modulationSpace) =>
    (["module", "shared"] as const).map((modulationGenerator) => ({
      kind: "moslora",
      rank: 3,
      alpha: 6,
      targets,
      modulation,
      modulationSpace,
      modulationGenerator,
    })),
  ),
);
const configs = [
  { kind: "lora", rank: 3, alpha: 6, targets },
  { kind: "pblora", sharedRank: 2, preferenceRank: 3, alpha: 6, targets },
  { kind: "scorer", rank: 3, alpha: 6, targets },
  ...mosLora,
].map((config) => AdapterConfig.parse(config));
const named = configs.map(
  (config) =>
    [
      Object.values(config)
        .filter((value) => typeof value === "string")
        .join(" "),
      config,
    ] as const,
);

let model: Transformer;
beforeAll(async () => {
  model = await tinyModel({ random: createRandom(7) });
});
afterAll(() => {
  disposeTransformer(model);
});

function logits(network: Transformer, ids: number[][], adapter?: Adapter, preferences?: number[][]): Float32Array {
  return tf.tidy(() => {
    const adapters = adapter
      ? [{ adapter: bindAdapter(adapter, tf.tensor2d(preferences!)), start: 0, count: ids.length }]
      : [];
    return logitsOf(network, forward(network, ids, { adapters }))
      .dataSync<"float32">()
      .slice();
  });
}

describe.each(named)("%s", (_, config) => {
  test("a fresh adapter is the base model exactly, whatever the preference", () => {
    const adapter = fresh(config);
    expect(logits(model, IDS, adapter, PREFERENCES)).toEqual(logits(model, IDS));
    adapter.dispose();
  });

  test("rows with preferences of their own equal the rows one by one", () => {
    const adapter = moved(config);
    const together = logits(model, IDS, adapter, PREFERENCES);
    const alone = IDS.flatMap((ids, row) => [...logits(model, [ids], adapter, [PREFERENCES[row]!])]);
    expect(largestDifference(together, alone)).toBeLessThan(1e-5);
    if (!ignoresPreference(config))
      expect(
        largestDifference(logits(model, [IDS[0]!], adapter, [PREFERENCES[1]!]), alone.slice(0, together.length / 3)),
      ).toBeGreaterThan(1e-3);
    adapter.dispose();
  });

  test("merged into the weights it answers the same", async () => {
    await expectNoTensorLeak(() => {
      const adapter = moved(config);
      const preference = PREFERENCES[1]!;
      const before = logits(model, IDS);
      const merged = mergeIntoModel(model, adapter, preference);
      expect(
        largestDifference(
          logits(merged, IDS),
          logits(
            model,
            IDS,
            adapter,
            IDS.map(() => preference),
          ),
        ),
      ).toBeLessThan(1e-4);
      expect(largestDifference(logits(merged, IDS), before)).toBeGreaterThan(1e-2);
      disposeTransformer(merged);
      expect(logits(model, IDS)).toEqual(before);
      adapter.dispose();
    });
  });

  test("gradients are those of central differences, in every tensor", () => {
    const adapter = moved(config);
    const random = createRandom(3);
    const direction = Float32Array.from({ length: IDS.length * IDS[0]!.length * TINY_CONFIG.hiddenSize }, () =>
      random.normal(),
    );
    const value = (): tf.Scalar => {
      const rows = { adapter: bindAdapter(adapter, tf.tensor2d(PREFERENCES)), start: 0, count: IDS.length };
      return tf.mean(tf.mul(tf.reshape(forward(model, IDS, { adapters: [rows] }), [-1]), tf.tensor1d(direction)));
    };
    const variables = Object.entries(adapter.tensors).filter(([name]) =>
      /layers\.1\.(self_attn\.v|mlp\.down)_proj|moslora_G/.test(name),
    );
    const { grads, value: at } = tf.variableGrads(
      value,
      variables.map(([, variable]) => variable),
    );
    for (const [name, variable] of variables) {
      const values = Array.from(variable.dataSync());
      const index = Math.floor(values.length / 2);
      const numeric = numericGradient(
        (x) => {
          variable.assign(x);
          return value();
        },
        { shape: variable.shape, values },
        [index],
        3e-3,
      )[0]!;
      tf.tidy(() => {
        variable.assign(tf.tensor(values, variable.shape));
      });
      expect(grads[variable.name]!.dataSync()[index], name).toBeCloseTo(numeric, 3);
    }
    tf.dispose([grads, at]);
    adapter.dispose();
  });
});
