import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { mergeIntoModel } from "../../src/adapters/merge.ts";
import type { AdapterRows } from "../../src/layers/adapter-rows.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { baseStates, guidedSequenceLogProbs, responseStates } from "../../src/model/guided-log-probs.ts";
import { sequenceLogProbs } from "../../src/model/log-probs.ts";
import { tokenBatch, type PromptAndResponse } from "../../src/model/token-batch.ts";
import { forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import type { ModelConfig } from "../../src/schema/model.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { fresh, moved } from "../support/adapters.ts";
import { loudModel } from "../support/loud-model.ts";
import { largestDifference, numericGradient } from "../support/numeric-gradient.ts";

const rows: PromptAndResponse[] = [
  { prompt: [1, 2, 3], response: [4, 5, 257] },
  { prompt: [7], response: [8, 90, 12, 257] },
  { prompt: [9, 9], response: [257] },
];
const batch = tokenBatch(rows, 257);
const PREFERENCES = [
  [1, 0, 0],
  [0.2, 0.5, 0.3],
  [0, 0.25, 0.75],
];
const MOSLORA = AdapterConfig.parse({ kind: "moslora", rank: 3, targets: ["q_proj", "v_proj", "down_proj"] });

const adapted = (adapter: Adapter, preferences = PREFERENCES): AdapterRows[] => [
  { adapter: bindAdapter(adapter, tf.tensor2d(preferences)), start: 0, count: preferences.length },
];

/** L(y) of base and one ARM, nats [B]. */
const guided = (model: Transformer, adapter: Adapter, strength: number): tf.Tensor1D =>
  guidedSequenceLogProbs(model, batch, [
    { states: baseStates(model, batch), weight: 1 },
    { states: responseStates(model, batch, { adapters: adapted(adapter) }), weight: strength },
  ]);
const numbers = (make: () => tf.Tensor): number[] => tf.tidy(() => Array.from(make().dataSync()));

/** All logits of a row [T][V]. */
const logitsAt = (model: Transformer, ids: readonly number[], adapters: AdapterRows[] = []): number[][] =>
  tf.tidy(() => (logitsOf(model, forward(model, [ids], { adapters })).arraySync() as number[][][])[0]!);

/** Full logits of each part, added up and normalised in float64, token by token. */
function slowTwin(
  { prompt, response }: PromptAndResponse,
  parts: readonly { logits: (ids: readonly number[]) => number[][]; weight: number }[],
): number {
  const all = parts.map(({ logits, weight }) => ({ logits: logits([...prompt, ...response]), weight }));
  return response.reduce((total, id, index) => {
    const at = prompt.length + index - 1;
    const scores = all[0]!.logits[at]!.map((_, token) =>
      all.reduce((sum, { logits, weight }) => sum + weight * logits[at]![token]!, 0),
    );
    const largest = Math.max(...scores);
    const mass = scores.reduce((sum, score) => sum + Math.exp(score - largest), 0);
    return total + scores[id]! - largest - Math.log(mass);
  }, 0);
}
const twinOf = (model: Transformer, adapter: Adapter, strength: number): number[] =>
  rows.map((row, index) =>
    tf.tidy(() =>
      slowTwin(row, [
        { logits: (ids) => logitsAt(model, ids), weight: 1 },
        { logits: (ids) => logitsAt(model, ids, adapted(adapter, [PREFERENCES[index]!])), weight: strength },
      ]),
    ),
  );

/** float32 logits of order 10 against sums in float64, over up to four tokens. */
const NATS = 2e-4;

let model: Transformer;
let adapter: Adapter;
beforeAll(async () => {
  model = await loudModel();
  adapter = moved(MOSLORA);
});
afterAll(() => {
  disposeTransformer(model);
  adapter.dispose();
});

describe("the base model's states, with shared prompts, are those without sharing", () => {
  const long = { prompt: [11, 12, 13, 14, 15, 16], response: [4, 257] };
  test.each<[string, PromptAndResponse[]]>([
    ["one row", [rows[0]!]],
    [
      "rows of one prompt",
      [[4, 5, 257], [6, 257], [257], [4, 5, 257]].map((response) => ({ prompt: [1, 2], response })),
    ],
    ["prompts of several lengths", rows],
    ["one prompt between others", [rows[1]!, long, { ...rows[1]!, response: [3, 257] }, rows[0]!, long]],
    [
      "a prompt that begins another",
      [
        { prompt: [1], response: [2, 3, 257] },
        { prompt: [1, 2], response: [3, 257] },
      ],
    ],
    ["responses of one token only", [rows[2]!, { prompt: [1, 2, 3], response: [257] }]],
    ["a row without a response", [rows[0]!, { prompt: [1, 2, 3], response: [] }, rows[1]!]],
  ])("%s", async (_, texts) => {
    const tokens = tokenBatch(texts, 257);
    await expectNoTensorLeak(() => {
      const [shared, plain] = [baseStates, responseStates].map((make) => numbers(() => make(model, tokens)));
      const count = texts.reduce((sum, { response }) => sum + response.length, 0);
      expect(shared).toHaveLength(count * model.config.hiddenSize);
      expect(largestDifference(shared!, plain!)).toBeLessThan(1e-5); // another order of addition, values of order 1
    });
  });

  test("of rows that fit the context, but not the longest prompt with the longest response", async () => {
    const short = await loudModel({ contextTokens: 8 });
    const tokens = tokenBatch([
      { prompt: [1, 2, 3, 4, 5, 6], response: [7, 257] },
      { prompt: [1], response: [2, 3, 4, 5, 6, 7, 257] },
    ]);
    await expectNoTensorLeak(() => {
      const [shared, plain] = [baseStates, responseStates].map((make) => numbers(() => make(short, tokens)));
      expect(largestDifference(shared!, plain!)).toBeLessThan(1e-5);
    });
    disposeTransformer(short);
  });

  test.each<Partial<ModelConfig>>([
    { modelType: "mistral", slidingWindow: { tokens: 2, layers: [0] } },
    { modelType: "gpt2", rope: null, keyValueHeads: 4 },
    { modelType: "gemma2", attention: { softCap: 2 }, logits: { softCap: 3 } },
  ])("of another family: %j", async (change) => {
    const other = await loudModel(change);
    const [shared, plain] = [baseStates, responseStates].map((make) => numbers(() => make(other, batch)));
    expect(largestDifference(shared!, plain!)).toBeLessThan(1e-5);
    disposeTransformer(other);
  });

  test("of rows that longrope turns otherwise, because one is long", async () => {
    const factors = { shortFactors: [1, 1], longFactors: [4, 9], attentionFactor: 1.2 };
    const scaling = { kind: "longrope" as const, ...factors, originalContextTokens: 8 };
    const config: Partial<ModelConfig> = { modelType: "phi3", rope: { theta: 1e4, scaling } };
    await expectNoTensorLeak(async () => {
      const long = await loudModel(config);
      for (const count of [1, 3, 5]) {
        const response = [...[7, 8, 9, 7, 8].slice(0, count), 257];
        const tokens = tokenBatch([{ prompt: [1, 2, 3, 4, 5], response }, rows[1]!]);
        const [shared, plain] = [baseStates, responseStates].map((make) => numbers(() => make(long, tokens)));
        expect(largestDifference(shared!, plain!)).toBeLessThan(1e-5);
      }
      disposeTransformer(long); // with its tables of long positions
    });
  });
});

test.each([0.3, 1, 4])("at strength %d it is the log softmax of the added logits", async (strength) => {
  await expectNoTensorLeak(() => {
    const values = numbers(() => guided(model, adapter, strength));
    expect(largestDifference(values, twinOf(model, adapter, strength))).toBeLessThan(NATS * (1 + strength));
    const base = numbers(() => sequenceLogProbs(model, batch));
    expect(largestDifference(values, base)).toBeGreaterThan(0.1);
  });
});

test("at weight 0 and of the base alone it is the base model's", () => {
  const base = numbers(() => sequenceLogProbs(model, batch));
  expect(
    largestDifference(
      numbers(() => guided(model, adapter, 0)),
      base,
    ),
  ).toBeLessThan(1e-4);
  const alone = numbers(() => guidedSequenceLogProbs(model, batch, [{ states: baseStates(model, batch), weight: 1 }]));
  expect(largestDifference(alone, base)).toBeLessThan(1e-4);
});

test("of an ARM alone it is that ARM's, and of two halves of one it is the whole", () => {
  const states = (): tf.Tensor2D => responseStates(model, batch, { adapters: adapted(adapter) });
  const own = numbers(() => sequenceLogProbs(model, batch, { adapters: adapted(adapter) }));
  const parts = (weights: number[]): number[] =>
    numbers(() =>
      guidedSequenceLogProbs(
        model,
        batch,
        weights.map((weight) => ({ states: states(), weight })),
      ),
    );
  expect(largestDifference(parts([1]), own)).toBeLessThan(1e-4);
  expect(largestDifference(parts([0.5, 0.5]), own)).toBeLessThan(1e-4);
});

test("with an ARM that is the base model still, it is the base model at temperature 1 / (1 + strength)", () => {
  const start = fresh(MOSLORA);
  const twin = rows.map((row) => slowTwin(row, [{ logits: (ids) => logitsAt(model, ids), weight: 3.5 }]));
  expect(
    largestDifference(
      numbers(() => guided(model, start, 2.5)),
      twin,
    ),
  ).toBeLessThan(NATS * 3.5);
  start.dispose();
});

test("an ARM that is merged into a model of its own gives the same", async () => {
  const preference = PREFERENCES[1]!;
  await expectNoTensorLeak(() => {
    const merged = mergeIntoModel(model, adapter, preference);
    const given = rows.map(() => preference);
    const base = (): tf.Tensor2D => baseStates(model, batch);
    const withArm = (make: () => tf.Tensor2D): number[] =>
      numbers(() =>
        guidedSequenceLogProbs(model, batch, [
          { states: base(), weight: 1 },
          { states: make(), weight: 1.5 },
        ]),
      );
    const values = withArm(() => responseStates(model, batch, { adapters: adapted(adapter, given) }));
    expect(
      largestDifference(
        values,
        withArm(() => baseStates(merged, batch)),
      ),
    ).toBeLessThan(1e-3);
    disposeTransformer(merged);
  });
});

test.each<Partial<ModelConfig>>([
  { modelType: "gemma2", logits: { softCap: 3 }, attention: { softCap: 2, scale: 0.3 }, embeddingScale: 4 },
  { modelType: "granite", logits: { scale: 0.25 }, residualScale: 0.5 },
  { modelType: "gemma2", logits: { scale: 2, softCap: 5 }, slidingWindow: { tokens: 2, layers: [0] } },
])("where logits have a function of their own they add up behind it: %j", async (change) => {
  const other = await loudModel(change);
  await expectNoTensorLeak(() => {
    const values = numbers(() => guided(other, adapter, 1.5));
    expect(largestDifference(values, twinOf(other, adapter, 1.5))).toBeLessThan(NATS * 2.5);
    const base = numbers(() => sequenceLogProbs(other, batch));
    expect(
      largestDifference(
        numbers(() => guided(other, adapter, 0)),
        base,
      ),
    ).toBeLessThan(1e-4);
  });
  disposeTransformer(other);
});

test.each([false, true])("its gradient is that of central differences; recompute %s", async (recompute) => {
  const trained = moved(MOSLORA);
  const base = tf.tidy(() => baseStates(model, batch));
  const value = (): tf.Scalar => {
    const arm = responseStates(model, batch, { adapters: adapted(trained), recompute });
    const values = guidedSequenceLogProbs(model, batch, [
      { states: base, weight: 1 },
      { states: arm, weight: 0.5 },
    ]);
    return tf.sum(tf.mul(values, tf.tensor1d([1, -2, 0.5])));
  };
  const variables = Object.entries(trained.tensors).filter(([name]) =>
    /layers\.1\.(self_attn\.v|mlp\.down)/.test(name),
  );
  expect(variables.length).toBeGreaterThan(3);
  await expectNoTensorLeak(() => {
    const { grads, value: at } = tf.variableGrads(
      value,
      variables.map(([, variable]) => variable),
    );
    for (const [name, variable] of variables) {
      const values = Array.from(variable.dataSync());
      const index = Math.floor(values.length / 2);
      const moves = (x: tf.Tensor): tf.Tensor => {
        variable.assign(x);
        return value();
      };
      const [numeric] = numericGradient(moves, { shape: variable.shape, values }, [index], 3e-3);
      tf.tidy(() => {
        variable.assign(tf.tensor(values, variable.shape));
      });
      const own = grads[variable.name]!.dataSync()[index]!;
      // a quotient of sums of order 50 that are exact to 1e-5, over 6e-3
      expect(Math.abs(own - numeric!), name).toBeLessThan(5e-3 + 5e-3 * Math.abs(own));
    }
    tf.dispose([grads, at]);
  });
  base.dispose();
  trained.dispose();
});
