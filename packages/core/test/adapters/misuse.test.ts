import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { factorAdapter } from "../../src/adapters/factors.ts";
import { mergeIntoModel } from "../../src/adapters/merge.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { forward, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { TINY_CONFIG, tinyModel } from "../../src/testing/index.ts";
import { fresh } from "../support/adapters.ts";

let model: Transformer;
beforeAll(async () => {
  model = await tinyModel();
});
afterAll(() => {
  disposeTransformer(model);
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
      expect(() => forward(model, [[1], [2], [3]], { adapters: [rows] })).toThrow(
        "The adapter is bound to 1 preferences but acts on 3 rows; each row needs its own.",
      );
    });
    adapter.dispose();
  });

  test("merging at something that is no preference, or into another model", async () => {
    const adapter = fresh(config);
    expect(() => factorAdapter(adapter, [0.5, 0.6, 0.1])).toThrow("the entries must sum to 1");
    expect(() => factorAdapter(adapter, [0.5, 0.5])).toThrow("it needs 3");
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
