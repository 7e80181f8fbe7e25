import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { transformerFromTensors } from "../../src/model/create.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { transformerTensors } from "../../src/model/held-tensors.ts";
import { tokenLogProbs } from "../../src/model/log-probs.ts";
import { createKvCache, forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import type { ModelConfig } from "../../src/schema/model.ts";
import { drawGuided } from "../../src/tensor/draw.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { nativeOps, withoutNativeOps } from "../../src/tensor/native.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { ADAPTERS, CONFIG, drawIds, drawnAdapter, drawnModel } from "../support/drawn-model.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

await openEngine();

const random = createRandom(4);
let model: Transformer;
beforeAll(async () => {
  model = await drawnModel(random);
});
afterAll(() => {
  disposeTransformer(model);
});

/** Both ways of the same work; float32 sums come in another order, values are of order 1. */
const TOLERANCE = 1e-4;
const bothWays = (work: () => number[]): [number[], number[]] => [tf.tidy(work), withoutNativeOps(() => tf.tidy(work))];

const drawnIds = drawIds(random, 3, 23);

describe.skipIf(nativeOps() === null)("the engine's own operations agree with the composed ones", () => {
  test("forward, with left padding", () => {
    const [own, composed] = bothWays(() => {
      const hidden = forward(model, drawnIds, { padding: [0, 5, 22] });
      return [0, 5, 22].flatMap((left, row) => Array.from(tf.slice(hidden, [row, left, 0], [1, -1, -1]).dataSync()));
    });
    expect(largestDifference(own, composed)).toBeLessThan(TOLERANCE);
    expect(Math.max(...own.map(Math.abs))).toBeGreaterThan(0.5);
  });

  test.each(Object.keys(ADAPTERS) as (keyof typeof ADAPTERS)[])(
    "log-probabilities and gradients with %s, rows in part",
    async (name) => {
      const adapter = drawnAdapter(name, random);
      const ids = drawIds(random, 4, 19);
      const positions = [2, 3, 0].flatMap((row) => [4, 7, 18].map((column) => ({ row, column })));
      const run = (recompute: boolean): number[] => {
        const { value, grads } = tf.variableGrads(() => {
          const rows = bindAdapter(
            adapter,
            tf.tensor2d([
              [0.3, 0.7],
              [1, 0],
              [0.5, 0.5],
            ]),
          );
          const options = { adapters: [{ adapter: rows, start: 1, count: 3 }], padding: [0, 2, 0, 1], recompute };
          return tf.sum(tf.square(tokenLogProbs(model, ids, positions, options)));
        }, Object.values(adapter.tensors));
        return [value, ...Object.values(grads)].flatMap((tensor) => Array.from(tensor.dataSync()));
      };
      await expectNoTensorLeak(() => {
        const [own, composed] = bothWays(() => run(false));
        const scale = Math.max(...composed.map(Math.abs));
        expect(own).toHaveLength(composed.length);
        expect(largestDifference(own, composed) / scale).toBeLessThan(1e-5);
        const [again, composedAgain] = bothWays(() => run(true));
        expect(largestDifference(again, own) / scale).toBeLessThan(1e-6);
        expect(largestDifference(composedAgain, composed) / scale).toBeLessThan(1e-6);
      });
      adapter.dispose();
    },
  );

  test("token by token with a cache that grows, is regrouped and has padding", () => {
    const ids = drawIds(random, 2, 40);
    const next = drawIds(random, 3, 20);
    const [own, composed] = bothWays(() => {
      const cache = createKvCache(model, [0, 3]);
      const hidden = [
        forward(
          model,
          ids.map((row) => row.slice(0, 7)),
          { cache },
        ),
      ];
      for (let column = 7; column < 40; column++)
        hidden.push(
          forward(
            model,
            ids.map((row) => [row[column]!]),
            { cache },
          ),
        );
      const regrouped = cache.gatherRows([1, 0, 1]);
      for (let column = 0; column < 20; column++)
        hidden.push(
          forward(
            model,
            next.map((row) => [row[column]!]),
            { cache: regrouped },
          ),
        );
      const values = hidden.slice(1).flatMap((states) => Array.from(states.dataSync()));
      cache.dispose();
      regrouped.dispose();
      return values;
    });
    expect(largestDifference(own, composed)).toBeLessThan(TOLERANCE);
  });

  test.each(Object.keys(ADAPTERS) as (keyof typeof ADAPTERS)[])("token by token with %s, rows in part", (name) => {
    const adapter = drawnAdapter(name, random);
    const [ids, next] = [drawIds(random, 15, 4), drawIds(random, 15, 3)];
    const preferences = Array.from({ length: 13 }, (_, row) => [row / 12, 1 - row / 12]);
    const run = (adapted: boolean): number[] => {
      const bound = bindAdapter(adapter, tf.tensor2d(preferences));
      const adapters = adapted ? [{ adapter: bound, start: 1, count: 13 }] : [];
      const cache = createKvCache(model, Array<number>(15).fill(0));
      forward(model, ids, { cache, adapters });
      const hidden = [0, 1, 2].map((column) =>
        forward(
          model,
          next.map((row) => [row[column]!]),
          { cache, adapters },
        ),
      );
      cache.dispose();
      return Array.from(tf.concat(hidden, 1).dataSync());
    };
    const [own, composed] = bothWays(() => run(true));
    expect(largestDifference(own, composed)).toBeLessThan(TOLERANCE);
    expect(largestDifference(own, bothWays(() => run(false))[0])).toBeGreaterThan(0.1);
    tf.dispose(Object.values(adapter.tensors));
  });

  test("rows that are written into parts of a cache go on as rows that were read together", async () => {
    const lengths = [9, 3, 4, 8];
    const own = createRandom(5); // tests below it draw what they drew
    const drawn = (count: number): number[] => Array.from({ length: count }, () => own.integer(CONFIG.vocabularySize));
    const prompts = lengths.map(drawn);
    const next = lengths.map(() => drawn(1));
    const padding = lengths.map((length) => 9 - length);
    const padded = (rows: number[], columns: number): number[][] =>
      rows.map((row) => [...new Array<number>(columns - lengths[row]!).fill(0), ...prompts[row]!]);
    await expectNoTensorLeak(() => {
      const [together, apart] = [createKvCache(model, padding, 12), createKvCache(model, padding, 12)];
      const hidden = tf.tidy(() => {
        forward(model, padded([0, 1, 2, 3], 9), { cache: together });
        forward(model, padded([1, 2], 4), { cache: apart.part([1, 2], 5) });
        forward(model, padded([0, 3], 9), { cache: apart.part([0, 3], 0) });
        apart.advance(9);
        return [together, apart].map((cache) => forward(model, next, { cache }).dataSync());
      });
      expect(largestDifference(Array.from(hidden[0]!), Array.from(hidden[1]!))).toBeLessThan(TOLERANCE);
      together.dispose();
      apart.dispose();
    });
  });

  test("in bfloat16, forward and gradient are the float32 ones up to its rounding", async () => {
    const tensors = await transformerTensors(model);
    const narrow = transformerFromTensors(CONFIG, tensors, { baseWeights: "bfloat16" });
    const adapter = drawnAdapter("moslora", random);
    const ids = drawIds(random, 3, 19);
    const positions = [0, 1, 2].flatMap((row) => [3, 9, 18].map((column) => ({ row, column })));
    const run = (base: Transformer) => (): number[] => {
      const { value, grads } = tf.variableGrads(() => {
        const rows = bindAdapter(
          adapter,
          tf.tensor2d([
            [0.3, 0.7],
            [1, 0],
            [0.5, 0.5],
          ]),
        );
        return tf.sum(tokenLogProbs(base, ids, positions, { adapters: [{ adapter: rows, start: 0, count: 3 }] }));
      }, Object.values(adapter.tensors));
      return [value, ...Object.values(grads)].flatMap((tensor) => Array.from(tensor.dataSync()));
    };
    const [own, composed] = bothWays(run(narrow));
    const wide = tf.tidy(run(model));
    const norm = Math.hypot(...wide.slice(1));
    const apart = (a: number[], b: number[]): number =>
      Math.hypot(...a.slice(1).map((value, index) => value - b[index + 1]!)) / norm;
    // 8 bits of mantissa: 0.4 % a rounding, dozens in a row, in a model whose weights are ten times too large
    expect(Math.max(apart(own, wide), apart(composed, wide))).toBeLessThan(0.1);
    expect(Math.abs(own[0]! - wide[0]!) / Math.abs(wide[0]!)).toBeLessThan(0.01);
    expect(apart(own, wide)).toBeGreaterThan(1e-5); // it is another model, not the same weights twice
    adapter.dispose();
    disposeTransformer(narrow);
  });

  test("caches of a bfloat16 model are joined as they are: a row reads on as it did", async () => {
    const narrow = transformerFromTensors(CONFIG, await transformerTensors(model), { baseWeights: "bfloat16" });
    const [short, long, next] = [drawIds(random, 1, 5), drawIds(random, 1, 18), drawIds(random, 2, 1)];
    await expectNoTensorLeak(() => {
      const read = (ids: number[][], more: Parameters<typeof forward>[2] = {}): number[][] =>
        tf.tidy(() =>
          tf
            .slice<tf.Rank.R3, tf.Tensor3D>(forward(narrow, ids, more), [0, ids[0]!.length - 1, 0])
            .arraySync()
            .map(([last]) => last!),
        );
      const [cache, other] = [createKvCache(narrow, [0]), createKvCache(narrow, [0])];
      read(short, { cache });
      read(long, { cache: other });
      cache.adopt(other);
      other.dispose();
      const joined = read(next, { cache });
      for (const [row, ids] of [short[0]!, long[0]!].entries()) {
        const alone = read([[...ids, ...next[row]!]])[0]!;
        expect(largestDifference(joined[row]!, alone)).toBeLessThan(0.1); // of numbers about 1, in bfloat16
      }
      cache.dispose();
    });
    disposeTransformer(narrow);
  });

  test("a bfloat16 model's weights are those given, rounded to nearest; its logits are float32", async () => {
    const tensors = await transformerTensors(model);
    const narrow = transformerFromTensors(CONFIG, tensors, { baseWeights: "bfloat16" });
    const back = await transformerTensors(narrow);
    for (const [name, { data }] of Object.entries(tensors)) {
      const expected = data.map((value) => (name.includes("norm") ? value : bfloat16Of(value)));
      expect(largestDifference(back[name]!.data, expected), name).toBe(0);
    }
    const logits = tf.tidy(() => Array.from(logitsOf(narrow, forward(narrow, [[1, 2, 3]])).dataSync()));
    expect(logits.every(Number.isFinite)).toBe(true);
    disposeTransformer(narrow);
  });

  test.each<Partial<ModelConfig>>([
    { modelType: "mistral", slidingWindow: { tokens: 5, layers: [0, 1] } },
    { modelType: "qwen2", slidingWindow: { tokens: 17, layers: [1] } },
    { modelType: "qwen3", headSize: 20 },
    { modelType: "llama", headSize: 40 }, // half a head: whole registers of every CPU, and a rest
    { modelType: "gpt2", rope: null, keyValueHeads: 6 },
    { modelType: "gpt2", rope: null, keyValueHeads: 6, attention: { byDepth: true, scale: 0.7 }, activation: "relu" },
    {
      modelType: "gemma2",
      slidingWindow: { tokens: 5, layers: [0] },
      attention: { softCap: 2, scale: 0.3 },
      logits: { softCap: 3 },
      embeddingScale: 4,
    },
    {
      modelType: "gemma3_text",
      slidingWindow: { tokens: 5, layers: [0] },
      windowedRope: { theta: 100, scaling: null },
      attention: { scale: 0.3 },
    },
    { modelType: "phi3", rope: { theta: 1e4, scaling: null, size: 4 } },
    { modelType: "olmo2" },
    { modelType: "granite", residualScale: 0.5, logits: { scale: 0.25 } },
    { modelType: "smollm3", layersWithoutRope: [1] },
    { modelType: "qwen3_moe", experts: { count: 4, perToken: 2, size: 12, normalised: false } },
  ])("what other families do: $modelType", async (change) => {
    const other = await drawnModel(random, change);
    const adapter = createAdapter(AdapterConfig.parse(ADAPTERS.lora), other.config, { objectiveCount: 1, random });
    const ids = drawIds(random, 3, 41);
    const positions = [0, 1, 2].flatMap((row) => [6, 22, 40].map((column) => ({ row, column })));
    const padding = [0, 3, 5];
    const gradients = (): number[] => {
      const rows = bindAdapter(adapter, tf.ones([3, 1]));
      const adapters = [{ adapter: rows, start: 0, count: 3 }];
      const { value, grads } = tf.variableGrads(
        () => tf.sum(tf.square(tokenLogProbs(other, ids, positions, { adapters, padding }))),
        Object.values(adapter.tensors),
      );
      return [value, ...Object.values(grads)].flatMap((tensor) => Array.from(tensor.dataSync()));
    };
    const cached = (): number[] => {
      const cache = createKvCache(other, padding);
      const part = (from: number, to: number): number[][] => ids.map((row) => row.slice(from, to));
      const ends = [[0, 30], ...Array.from({ length: 11 }, (_, at) => [30 + at, 31 + at])] as [number, number][];
      const states = ends.map(([from, to]) => forward(other, part(from, to), { cache })).slice(1);
      const values = states.flatMap((state) => Array.from(state.dataSync()));
      cache.dispose();
      return values;
    };
    await expectNoTensorLeak(() => {
      const [own, composed] = bothWays(gradients);
      expect(largestDifference(own, composed) / Math.max(...composed.map(Math.abs))).toBeLessThan(1e-5);
      const [ownCached, composedCached] = bothWays(cached);
      expect(largestDifference(ownCached, composedCached)).toBeLessThan(TOLERANCE);
      const whole = tf.tidy(() => Array.from(tf.slice(forward(other, ids, { padding }), [0, 40, 0]).dataSync()));
      expect(largestDifference(ownCached.slice(-whole.length), whole)).toBeLessThan(TOLERANCE);
    });
    adapter.dispose();
    disposeTransformer(other);
  });

  test("a draw on the engine follows the distribution it is given", () => {
    const logits = tf.tensor2d([
      [0, 1, 2, 3],
      [5, 5, 5, 5],
      [1, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    // two rows, one ARM with coefficients 2 and 0: scores [2, 1, 2, 3] and [5, 5, 5, 5]
    const draw = (uniforms: number[], sampling = { temperature: 1, topK: 0, topP: 1 }): [number[], number[]] => {
      const { ids, logProbs } = drawGuided(logits, [[2, 0]], sampling, uniforms);
      const values: [number[], number[]] = [Array.from(ids.dataSync()), Array.from(logProbs.dataSync())];
      tf.dispose([ids, logProbs]);
      return values;
    };
    const [greedy, logProbs] = draw([0, 0], { temperature: 0, topK: 0, topP: 1 });
    expect(greedy).toEqual([3, 0]);
    const mass = [2, 1, 2, 3].reduce((sum, score) => sum + Math.exp(score), 0);
    expect(largestDifference(logProbs, [3 - Math.log(mass), Math.log(0.25)])).toBeLessThan(1e-6);
    const first = Math.exp(2) / mass;
    expect(draw([first - 1e-5, 0.2499])[0]).toEqual([0, 0]);
    expect(draw([first + 1e-5, 0.2501])[0]).toEqual([1, 1]);
    expect(draw([0.999999, 0.75])[0]).toEqual([3, 3]);
    expect(draw([0.1, 0.6], { temperature: 1, topK: 2, topP: 1 })[0]).toEqual([3, 1]); // the two likeliest; of equal ones the first
    expect(draw([0.999999, 0], { temperature: 1, topK: 0, topP: 0.5 })[0]).toEqual([3, 0]);
    logits.dispose();
  });
});

/** Round to nearest, ties to even, as float32 bits. */
function bfloat16Of(value: number): number {
  const word = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const rounded = ((word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000) >>> 0;
  return new Float32Array(Uint32Array.of(rounded).buffer)[0]!;
}
