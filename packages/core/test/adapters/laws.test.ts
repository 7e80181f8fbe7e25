import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { mergeAdapter, mergeIntoModel } from "../../src/adapters/merge.ts";
import { objectiveGeometry } from "../../src/adapters/objective-geometry.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig, LINEAR_MODULES } from "../../src/schema/adapter.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak, TINY_CONFIG, tinyModel } from "../../src/testing/index.ts";
import { largestDifference, numericGradient } from "../support/numeric-gradient.ts";

const OBJECTIVES = 3;
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

const vectors = (width: number): number[][] => {
  const random = createRandom(11);
  return objectiveGeometry(
    Array.from({ length: OBJECTIVES }, () => Array.from({ length: width }, () => random.normal())),
    "simplex",
  );
};

const fresh = (config: AdapterConfig, seed = 1): Adapter =>
  createAdapter(config, model.config, {
    objectiveCount: OBJECTIVES,
    random: createRandom(seed),
    objectiveVectors: vectors(model.config.hiddenSize),
  });

/** As after training: every tensor has moved. */
function moved(config: AdapterConfig): Adapter {
  const adapter = fresh(config);
  for (const [name, variable] of Object.entries(adapter.tensors)) {
    const random = createRandom(2).fork(name);
    tf.tidy(() => {
      variable.assign(
        tf.tensor(
          Float32Array.from({ length: variable.size }, () => 0.4 * random.normal()),
          variable.shape,
        ),
      );
    });
  }
  return adapter;
}

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
    if (config.kind !== "lora")
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

describe("the random start", () => {
  const uniArm = (options: object): AdapterConfig =>
    AdapterConfig.parse({ kind: "moslora", rank: 8, alpha: 8, ...options });
  const deviationOf = (values: ArrayLike<number>): number =>
    Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0) / values.length);
  const partsOf = (adapter: Adapter, part: string): Float32Array =>
    Float32Array.from(
      Object.entries(adapter.tensors).flatMap(([name, tensor]) => (name.endsWith(part) ? [...tensor.dataSync()] : [])),
    );

  test("depends on the seed and on a tensor's name, not on which others there are", () => {
    const name = "base_model.model.model.layers.1.self_attn.v_proj.moslora_A";
    const [all, some, other] = [
      fresh(uniArm({ targets })),
      fresh(uniArm({ targets: ["v_proj"] })),
      fresh(uniArm({ targets }), 2),
    ];
    expect(all.tensors[name]!.dataSync()).toEqual(some.tensors[name]!.dataSync());
    expect(all.tensors[name]!.dataSync()).not.toEqual(other.tensors[name]!.dataSync());
    for (const adapter of [all, some, other]) adapter.dispose();
  });

  test.each(["module", "shared"] as const)(
    "the scale of a unit objective vector is 1 + N(0, init), generator %s",
    (modulationGenerator) => {
      for (const modulationInit of [0, 0.5, 1]) {
        const adapter = fresh(uniArm({ targets, modulationGenerator, modulationInit }));
        const p = vectors(model.config.hiddenSize)[0]!;
        const bottleneck = adapter.tensors["base_model.model.model.moslora_G"];
        const code = bottleneck ? (bottleneck.arraySync() as number[][]) : null;
        const from = code ? code.map((row) => row.reduce((sum, entry, axis) => sum + entry * p[axis]!, 0)) : p;
        const maps = partsOf(adapter, "moslora_Ug");
        const gamma = Array.from({ length: maps.length / from.length }, (_, row) =>
          from.reduce((sum, entry, axis) => sum + entry * maps[row * from.length + axis]!, 0),
        );
        const expected = code ? (modulationInit * Math.hypot(...from)) / Math.sqrt(8) : modulationInit;
        expect(deviationOf(gamma)).toBeGreaterThanOrEqual(0.8 * expected);
        expect(deviationOf(gamma)).toBeLessThanOrEqual(1.2 * expected);
        expect(partsOf(adapter, "moslora_Ud").every((entry) => entry === 0)).toBe(true);
        adapter.dispose();
      }
    },
  );

  test("A is uniform in +-1/sqrt(in); PARM's cores in +-1/sqrt(r1) and +-1/r2; B is zero", () => {
    const adapter = fresh(AdapterConfig.parse({ kind: "pblora", sharedRank: 4, preferenceRank: 4, alpha: 8 }));
    for (const [part, bound] of [
      ["pblora_A", 1 / Math.sqrt(16)],
      ["pblora_W1", 1 / 2],
      ["pblora_W2", 1 / 4],
    ] as const) {
      const values = partsOf(adapter, part);
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest).toBeLessThanOrEqual(bound);
      expect(largest).toBeGreaterThan(0.95 * bound);
      expect(deviationOf(values)).toBeGreaterThan(0.85 * (bound / Math.sqrt(3)));
      expect(deviationOf(values)).toBeLessThan(1.15 * (bound / Math.sqrt(3)));
    }
    expect(partsOf(adapter, "pblora_B").every((entry) => entry === 0)).toBe(true);
    adapter.dispose();
  });

  test("a default UniARM has as many parameters per square module as LoRA of rank 8", () => {
    const count = (config: object): number => {
      const adapter = fresh(AdapterConfig.parse({ ...config, targets: ["q_proj"] }));
      const sum = Object.values(adapter.tensors).reduce((total, tensor) => total + tensor.size, 0);
      adapter.dispose();
      return sum;
    };
    expect(count({ kind: "moslora" })).toBe(count({ kind: "lora" }));
  });
});

describe("misuse is refused", () => {
  const preference = (rows: number[][]): tf.Tensor2D => tf.tensor2d(rows);
  const config = AdapterConfig.parse({ kind: "moslora" });

  test("a preference with an entry too few", () => {
    const adapter = fresh(config);
    tf.tidy(() => {
      expect(() => bindAdapter(adapter, preference([[0.5, 0.5]]))).toThrow(
        "The preference [rows, objectives] has shape [1, 2]; expected [any, 3].",
      );
    });
    adapter.dispose();
  });

  test("fewer preferences than rows", () => {
    const adapter = fresh(config);
    tf.tidy(() => {
      const rows = { adapter: bindAdapter(adapter, preference([[1, 0, 0]])), start: 0, count: 3 };
      expect(() => forward(model, IDS, { adapters: [rows] })).toThrow(
        "The adapter is bound to 1 preferences but acts on 3 rows; each row needs its own.",
      );
    });
    adapter.dispose();
  });

  test("merging at something that is no preference, or into another model", async () => {
    const adapter = fresh(config);
    expect(() => mergeAdapter(adapter, [0.5, 0.6, 0.1])).toThrow("the entries must sum to 1");
    expect(() => mergeAdapter(adapter, [0.5, 0.5])).toThrow("it needs 3");
    const deeper = await tinyModel({ config: { layers: 3 } });
    const wider = await tinyModel({ config: { hiddenSize: 32, headSize: 8 } });
    expect(() => mergeIntoModel(deeper, adapter, [1, 0, 0])).toThrow(
      "it adapts 6 modules, the model has 9 of them in its 3 layers",
    );
    expect(() => mergeIntoModel(wider, adapter, [1, 0, 0])).toThrow(
      "layers.0.self_attn.q_proj is [16, 16] in the adapter and [32, 32] in the model",
    );
    disposeTransformer(deeper);
    disposeTransformer(wider);
    adapter.dispose();
  });

  test("a moslora adapter without objective vectors, or with vectors of another model", () => {
    const create = (objectiveVectors?: number[][]) => () =>
      createAdapter(config, TINY_CONFIG, {
        objectiveCount: 2,
        random: createRandom(0),
        ...(objectiveVectors ? { objectiveVectors } : {}),
      });
    expect(create()).toThrow("A moslora adapter needs a vector for each objective.");
    expect(
      create([
        [1, 0, 0],
        [0, 1, 0],
      ]),
    ).toThrow(
      "There are 2 objective vectors of 3 entries; expected 2 of 16, one for each objective, as wide as the model.",
    );
  });
});
