import {
  createAdapter,
  createRandom,
  disposeTransformer,
  logitsOf,
  tf,
  type Adapter,
  type AdapterRows,
  type Transformer,
} from "@uniarm/core";
import { AdapterConfig, type ModelConfig } from "@uniarm/core/schema";
import { expectNoTensorLeak, tinyModel } from "@uniarm/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { disposeBatch, prefill } from "../src/guided-batch.ts";
import { disposeLogits } from "../src/guided-logits.ts";
import { scoresOf } from "../src/guide.ts";
import { disposeStates, eachOfRows, logitsOfRows, sharesHead, type GuidedStates } from "../src/guided-states.ts";
import { largestDifference } from "./golden.ts";
import type { DecodingRow } from "../src/rows.ts";

let model: Transformer;
let arms: Adapter[];
beforeAll(async () => {
  model = await tinyModel();
  arms = [0, 1].map((seed) => armOf(model.config, seed));
});
afterAll(() => {
  disposeTransformer(model);
  for (const arm of arms) arm.dispose();
});

/** An ARM whose product is not 0, as that of a new one is. */
function armOf(config: ModelConfig, seed: number): Adapter {
  const arm = createAdapter(AdapterConfig.parse({ kind: "lora" }), config, {
    objectiveCount: 1,
    random: createRandom(seed),
  });
  const random = createRandom(seed).fork("up");
  for (const variable of Object.values(arm.tensors)) {
    const values = Float32Array.from({ length: variable.size }, () => 0.5 * random.normal());
    tf.tidy(() => {
      variable.assign(tf.tensor(values, variable.shape));
    });
  }
  return arm;
}

const ROWS = [
  [1, 0.5],
  [0, 2],
  [0, 0],
  [0.3, -1],
].flatMap((coefficients) =>
  [
    [5, 6, 7],
    [8, 9],
  ].map((ids): DecodingRow => ({
    prompt: { id: String(ids), text: "", ids },
    preference: [0.5, 0.5],
    coefficients,
    sample: 0,
  })),
);

async function withStates<T>(of: Transformer, work: (next: GuidedStates) => T | Promise<T>): Promise<T> {
  const { batch, next } = prefill({ model: of, arms }, ROWS, 1);
  try {
    return await work(next);
  } finally {
    disposeStates(next);
    disposeBatch(batch);
  }
}

const scores = (next: GuidedStates, how: Parameters<typeof logitsOfRows>[1] = {}): number[][] =>
  tf.tidy(() => scoresOf(logitsOfRows(next, how)).arraySync());

describe("the guided scores of base and ARMs of one head", () => {
  test("are those of their parts, by one product over the vocabulary in place of three", () =>
    withStates(model, async (next) => {
      const products = async (apart: boolean): Promise<number> => {
        const { kernels } = await tf.profile(() => {
          disposeLogits(logitsOfRows(next, { apart }));
        });
        return kernels
          .filter(({ name }) => name.includes("MatMul"))
          .flatMap(({ outputShapes }) => outputShapes)
          .filter((shape) => shape.at(-1) === model.config.vocabularySize)
          .reduce((rows, shape) => rows + shape.slice(0, -1).reduce((product, size) => product * size), 0);
      };
      expect(sharesHead(next)).toBe(true);
      expect(await products(false)).toBe(ROWS.length);
      expect(await products(true)).toBe(ROWS.length + 3 * 2); // and each part once for each of two prompts

      const { scores: _, ...parts } = logitsOfRows(next, { apart: true });
      const sums = tf.tidy(() => scoresOf(parts).arraySync());
      tf.dispose([_!, parts.logits]);
      scores(next).forEach((line, row) => {
        expect(largestDifference(line, sums[row]!)).toBeLessThan(2e-6); // float32 sums in another order
      });
      expect(largestDifference(sums[0]!, sums[4]!)).toBeGreaterThan(0.01); // the ARMs say something
    }));

  test("are the same bytes whether or not the parts are read beside them", () =>
    withStates(model, (next) => {
      expect(scores(next, { apart: true })).toEqual(scores(next));
    }));

  test("of some rows are those of all", () =>
    withStates(model, (next) => {
      const all = scores(next);
      const rows = [6, 1, 1];
      scores(next, { rows }).forEach((line, place) => {
        expect(largestDifference(line, all[rows[place]!]!)).toBeLessThan(1e-6);
      });
    }));

  test("come in parts of rows that take no more than a given room, in their order", () =>
    withStates(model, async (next) => {
      const bytesOfRow = 4 * model.config.vocabularySize;
      for (const [apart, products] of [
        [false, 1],
        [true, 4],
      ] as const) {
        const sizes: number[] = [];
        const found = await eachOfRows(
          next,
          apart,
          async (some, rows) => {
            sizes.push(rows.length);
            expect(some.logits.shape[0]).toBe((apart ? 3 : 1) * rows.length);
            return Promise.resolve(rows);
          },
          3 * products * bytesOfRow,
        );
        expect(found).toEqual(ROWS.map((_, row) => row));
        expect(Math.max(...sizes)).toBe(3);
      }
    }));

  test("keep no tensor, also when the work with them fails", () =>
    expectNoTensorLeak(() =>
      withStates(model, async (next) => {
        const failing = eachOfRows(next, true, () => Promise.reject(new Error("no")));
        await expect(failing).rejects.toThrow("no");
      }),
    ));
});

test("a factor of the logits lies outside the product; what caps them does not", async () => {
  for (const [logits, isShared] of [
    [{ scale: 0.25 }, true],
    [{ softCap: 5 }, false],
  ] as const) {
    const other = await tinyModel({ config: { logits } });
    await withStates(other, (next) => {
      expect(sharesHead(next)).toBe(isShared);
      const { scores: own, ...parts } = logitsOfRows(next, { apart: true });
      const sums = tf.tidy(() => scoresOf(parts).arraySync());
      tf.dispose(own ? [own, parts.logits] : [parts.logits]);
      scores(next).forEach((line, row) => {
        expect(largestDifference(line, sums[row]!)).toBeLessThan(2e-6);
      });
    });
    disposeTransformer(other);
  }
});

test("an adapter that changes the head acts on its own rows, whichever are asked for", async () => {
  await expectNoTensorLeak(async () => {
    const { vocabularySize, hiddenSize } = model.config;
    const head = {
      down: tf.ones<tf.Rank.R2>([1, hiddenSize]),
      up: tf.fill<tf.Rank.R2>([vocabularySize, 1], 0.1),
      modulation: [],
      modulateInner: (inner: tf.Tensor3D) => inner,
      modulateOutput: null,
    };
    const adapter = { rows: null, modulation: [], deltaOf: () => null, ends: { embedding: null, head } };
    const adapters: AdapterRows[] = [{ adapter, start: 1, count: 2 }];
    const states = tf.randomNormal<tf.Rank.R2>([3, hiddenSize], 0, 1, "float32", 3);
    const next: GuidedStates = {
      rows: 2,
      passes: [{ model, states, places: [0, 0, 2, 1], adapters }], // the base reads one row for both
      hasBase: true,
      fusion: { rule: "product" },
      coefficients: [[1, 2]],
      vocabulary: vocabularySize,
    };
    const [base, first, second] = tf.tidy(() => logitsOf(model, states, adapters).arraySync()) as number[][];
    const expected = [
      base!.map((logit, id) => logit + second![id]!),
      base!.map((logit, id) => logit + 2 * first![id]!),
    ];
    expect(sharesHead(next)).toBe(false);
    const found = await eachOfRows(
      next,
      false,
      (some) => Promise.resolve(tf.tidy(() => scoresOf(some).arraySync())),
      1,
    );
    found.forEach((line, row) => {
      expect(largestDifference(line, expected[row]!)).toBeLessThan(1e-5);
    });
    expect(largestDifference(scores(next, { rows: [1] })[0]!, expected[1]!)).toBeLessThan(1e-5);
    tf.dispose([head.down, head.up, states]);
  });
});

test("policies that are not multiplied with a base have no product in common", () => {
  const fusion = { settings: { rule: "mod", divergence: "reverse-kl", form: "exact" } as const, stack: null };
  const { batch, next } = prefill({ model, arms, fusion }, ROWS, 1);
  expect(sharesHead(next)).toBe(false);
  disposeStates(next);
  disposeBatch(batch);
});
