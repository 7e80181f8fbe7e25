import { afterAll, beforeAll, expect, test } from "vitest";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { forward, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak, tinyModel } from "../../src/testing/index.ts";
import { drawn, numericGradient } from "../support/numeric-gradient.ts";

const IDS = [[5, 9, 120, 33]];

let model: Transformer;
beforeAll(async () => {
  model = await tinyModel({ random: createRandom(7), config: { layers: 1 } });
});
afterAll(() => {
  disposeTransformer(model);
});

// split and unstack into one part have no gradient in tfjs
test.each([
  { kind: "lora", rank: 2, alpha: 4 },
  { kind: "pblora", sharedRank: 2, preferenceRank: 2, alpha: 4 },
  { kind: "moslora", rank: 2, alpha: 4 },
])("an adapter of a single module learns: $kind", async (fields) => {
  await expectNoTensorLeak(() => {
    const config = AdapterConfig.parse({ ...fields, targets: ["o_proj"] });
    const random = createRandom(1);
    const objectiveVectors = [drawn(random, [16]).values, drawn(random, [16]).values];
    const adapter = createAdapter(config, model.config, { objectiveCount: 2, random, objectiveVectors });
    const variables = Object.values(adapter.tensors);
    tf.tidy(() => {
      for (const variable of variables)
        variable.assign(tf.tensor(drawn(random, variable.shape).values, variable.shape));
      const direction = tf.tensor(drawn(random, [1, 4, 16]).values, [1, 4, 16]);
      const value = (): tf.Scalar => {
        const rows = { adapter: bindAdapter(adapter, tf.tensor2d([[0.3, 0.7]])), start: 0, count: 1 };
        return tf.mean(tf.mul(forward(model, IDS, { adapters: [rows] }), direction));
      };
      const { grads } = tf.variableGrads(value, variables);
      for (const variable of variables) {
        const values = Array.from(variable.dataSync());
        const moved = (x: tf.Tensor): tf.Scalar => {
          variable.assign(x);
          return value();
        };
        const [slope] = numericGradient(moved, { shape: variable.shape, values }, [1], 3e-3);
        variable.assign(tf.tensor(values, variable.shape));
        expect(grads[variable.name]!.dataSync()[1]).toBeCloseTo(slope!, 3);
      }
    });
    adapter.dispose();
  });
});
