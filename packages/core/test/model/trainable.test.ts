import { beforeAll, expect, test } from "vitest";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { trainableVariables } from "../../src/model/held-tensors.ts";
import { sequenceLogProbs } from "../../src/model/log-probs.ts";
import { tokenBatch } from "../../src/model/token-batch.ts";
import { openEngine, transposesFirst } from "../../src/tensor/engine.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { tinyModel } from "../../src/testing/tiny-model.ts";

beforeAll(() => openEngine());

const batch = tokenBatch([
  { prompt: [5, 6, 5], response: [7, 8, 257] },
  { prompt: [9], response: [5, 257] },
]);

test.each([true, false])(
  "every weight gets the gradient of numeric differences (tied embeddings: %s)",
  async (tiedEmbeddings) => {
    // weights of deviation 1 rather than 0.02: gradients well above float32's noise
    const model = await tinyModel({
      trainable: true,
      config: { tiedEmbeddings, hiddenSize: 8, intermediateSize: 12, headSize: 2, layers: 1 },
    });
    const random = createRandom(3).fork("weights");
    const variables = trainableVariables(model);
    for (const variable of Object.values(variables)) {
      tf.tidy(() => {
        const values = Float32Array.from(
          { length: variable.size },
          () => (variable.rank === 1 ? 1 : 0) + 0.5 * random.normal(),
        );
        variable.assign(tf.tensor(values, variable.shape));
      });
    }
    const loss = (): tf.Scalar => tf.mean(sequenceLogProbs(model, batch));
    const expected = ["model.embed_tokens.weight", "model.norm.weight", ...(tiedEmbeddings ? [] : ["lm_head.weight"])];
    expect(Object.keys(variables)).toEqual(expect.arrayContaining(expected));
    expect(Object.keys(variables)).toHaveLength((transposesFirst() ? 9 : 6) + expected.length);
    await expectNoTensorLeak(() => {
      const { value, grads } = tf.variableGrads(loss, Object.values(variables));
      for (const [name, variable] of Object.entries(variables)) {
        const gradient = grads[variable.name]!.dataSync<"float32">();
        const along = directionalDerivative(variable, gradient, () => tf.tidy(() => loss().dataSync()[0]!));
        const norm = Math.hypot(...gradient);
        expect(norm, name).toBeGreaterThan(1e-3);
        expect(Math.abs(along / norm - 1), name).toBeLessThan(0.02); // moving along the gradient changes the loss by its norm
      }
      value.dispose();
      tf.dispose(grads);
    });
    disposeTransformer(model);
  },
);

/** Central difference of `value` along the unit vector of `gradient`. */
function directionalDerivative(variable: tf.Variable, gradient: Float32Array, value: () => number): number {
  const original = variable.dataSync<"float32">().slice();
  const norm = Math.hypot(...gradient);
  const step = Math.min(0.005, 0.025 / norm);
  const at = (signed: number): number => {
    tf.tidy(() => {
      variable.assign(
        tf.tensor(
          original.map((entry, index) => entry + (signed * gradient[index]!) / norm),
          variable.shape,
        ),
      );
    });
    return value();
  };
  const quotient = (at(step) - at(-step)) / (2 * step);
  tf.tidy(() => {
    variable.assign(tf.tensor(original, variable.shape));
  });
  return quotient;
}
