import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModuleDelta, RowAdapter } from "../../src/layers/adapter-rows.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import {
  createKvCache,
  forward,
  logitsOf,
  type ForwardOptions,
  type Transformer,
} from "../../src/model/transformer.ts";
import { UniArmError } from "../../src/schema/error.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { TINY_CONFIG, tinyModel } from "../../src/testing/tiny-model.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

let model: Transformer;
beforeAll(async () => {
  model = await tinyModel();
});
afterAll(() => {
  disposeTransformer(model);
});

const random = createRandom(1).fork("ids");
const drawIds = (rows: number, tokens: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: tokens }, () => random.integer(TINY_CONFIG.vocabularySize)));

/** Hidden states as numbers [B][T][d]. */
const hiddenOf = (ids: number[][], options: ForwardOptions = {}): number[][][] =>
  tf.tidy(() => forward(model, ids, options).arraySync());
const difference = (a: number[][][], b: number[][][]): number => largestDifference(a.flat(2), b.flat(2));

/** Adds `amount` to what every q_proj gives. */
const shiftQueries = (amount: number): RowAdapter => ({
  rows: null,
  modulation: [],
  deltaOf: (module) => (module.endsWith("q_proj") ? constantDelta(amount, TINY_CONFIG.hiddenSize) : null),
});

/** Adds `amount` to each of `size` outputs of a module, whatever it reads. */
const constantDelta = (amount: number, size: number): ModuleDelta => ({
  down: tf.zeros([1, TINY_CONFIG.hiddenSize]),
  up: tf.fill([size, 1], amount),
  modulation: [],
  modulateInner: (inner) => tf.onesLike(inner),
  modulateOutput: null,
});

test("attention looks back only: a later token changes nothing before it", () => {
  const ids = drawIds(1, 6);
  const changed = [ids[0]!.with(4, (ids[0]![4]! + 1) % TINY_CONFIG.vocabularySize)];
  const [before, after] = [hiddenOf(ids)[0]!, hiddenOf(changed)[0]!];
  expect(after.slice(0, 4)).toEqual(before.slice(0, 4));
  expect(largestDifference(after[4]!, before[4]!)).toBeGreaterThan(1e-3);
});

test("equal rows give equal outputs", () => {
  const [row] = drawIds(1, 5);
  const [first, second] = hiddenOf([row!, row!]);
  expect(largestDifference(second!.flat(), first!.flat())).toBeLessThan(1e-5); // kernels may add in another order per row
});

test("token by token with a cache equals one pass, over several blocks and with left padding", async () => {
  const ids = drawIds(3, 90);
  const padding = [0, 3, 1];
  await expectNoTensorLeak(() => {
    const whole = hiddenOf(ids, { padding });
    const cache = createKvCache(model, padding);
    const pieces = [
      ids.map((row) => row.slice(0, 5)),
      ...Array.from({ length: 80 }, (_, step) => ids.map((row) => [row[5 + step]!])),
    ];
    pieces.push(ids.map((row) => row.slice(85)));
    const joined: number[][][] = [[], [], []];
    for (const piece of pieces) hiddenOf(piece, { cache }).forEach((row, index) => joined[index]!.push(...row));
    expect(cache.length).toBe(90);
    const real = (rows: number[][][]): number[][][] => rows.map((row, index) => row.slice(padding[index]));
    expect(difference(real(joined), real(whole))).toBeLessThan(1e-4);
    cache.dispose();
  });
});

test("a cache's rows can be shared, reordered and dropped", async () => {
  const [prompts, next] = [drawIds(2, 7), drawIds(3, 1)];
  await expectNoTensorLeak(() => {
    const padding = [2, 0];
    const prompt = createKvCache(model, padding);
    hiddenOf(prompts, { cache: prompt });
    const shared = prompt.gatherRows([1, 0, 1]);
    const continued = hiddenOf(next, { cache: shared });
    [1, 0, 1].forEach((source, row) => {
      const alone = hiddenOf([[...prompts[source]!.slice(padding[source]), ...next[row]!]]);
      expect(largestDifference(continued[row]![0]!, alone[0]!.at(-1)!)).toBeLessThan(1e-4);
    });
    expect([prompt.rows, prompt.length, shared.rows, shared.length]).toEqual([2, 7, 3, 8]);
    prompt.dispose();
    shared.dispose();
  });
});

test("a cache keeps the rows that it is told to, however often and in whatever order", async () => {
  const steps = [
    [0, 1, 2],
    [2, 2, 0, 0, 0, 1],
    [5, 0],
    [1, 1, 0],
    [2, 1, 0, 0, 1, 2, 2],
  ];
  const padding = [2, 0, 1];
  const prompts = drawIds(3, 7);
  await expectNoTensorLeak(() => {
    const cache = createKvCache(model, padding, 20);
    hiddenOf(prompts, { cache });
    let read = prompts.map((ids, row) => ids.slice(padding[row])); // what each row has read
    for (const rows of steps) {
      const next = drawIds(rows.length, 1);
      cache.keepRows(rows);
      read = rows.map((row, place) => [...read[row]!, ...next[place]!]);
      const hidden = hiddenOf(next, { cache });
      expect(cache.rows).toBe(rows.length);
      for (const [place, ids] of read.entries())
        expect(largestDifference(hidden[place]![0]!, hiddenOf([ids])[0]!.at(-1)!)).toBeLessThan(1e-4);
    }
    cache.dispose();
  });
});

test.each([
  ["shorter rows", [2, 0], 7, [3, 0], 4],
  ["longer rows", [1, 0], 3, [4, 0, 2], 9],
  ["rows as long, behind more padding", [9, 8], 12, [0], 4],
])(
  "a cache that adopts %s reads on as each row does alone",
  async (_, padding, columns, otherPadding, otherColumns) => {
    const read = [
      drawIds(padding.length, columns).map((ids, row) => [
        ...new Array<number>(padding[row]!).fill(0),
        ...ids.slice(padding[row]),
      ]),
      drawIds(otherPadding.length, otherColumns),
    ] as const;
    await expectNoTensorLeak(() => {
      const [cache, other] = [createKvCache(model, padding, 20), createKvCache(model, otherPadding)];
      hiddenOf(read[0], { cache });
      hiddenOf(read[1], { cache: other });
      cache.keepRows([1, 0, 1].slice(0, padding.length)); // slots in another order
      const kept = [1, 0, 1].slice(0, padding.length).map((row) => read[0][row]!.slice(padding[row]));
      cache.adopt(other);
      other.dispose();
      let all = [...kept, ...read[1].map((ids, row) => ids.slice(otherPadding[row]))];
      expect(cache.length).toBe(Math.max(...all.map((ids) => ids.length)));
      for (let step = 0; step < 3; step++) {
        const next = drawIds(all.length, 1);
        all = all.map((ids, row) => [...ids, ...next[row]!]);
        const hidden = hiddenOf(next, { cache });
        for (const [row, ids] of all.entries())
          expect(largestDifference(hidden[row]![0]!, hiddenOf([ids])[0]!.at(-1)!)).toBeLessThan(1e-4);
        if (step === 1) {
          cache.keepRows(all.map((_, row) => row).reverse());
          all = all.toReversed();
        }
      }
      cache.dispose();
    });
  },
);

test("an adapter acts on its rows only, two adapters on theirs", () => {
  const ids = drawIds(4, 5);
  const adapters = [
    { adapter: shiftQueries(0.5), start: 0, count: 1 },
    { adapter: shiftQueries(-1), start: 2, count: 2 },
  ];
  const mixed = hiddenOf(ids, { adapters });
  const alone = (row: number, amount?: number): number[][][] =>
    hiddenOf(
      [ids[row]!],
      amount === undefined ? {} : { adapters: [{ adapter: shiftQueries(amount), start: 0, count: 1 }] },
    );
  const amounts = [0.5, undefined, -1, -1];
  amounts.forEach((amount, row) => {
    expect(difference([mixed[row]!], alone(row, amount))).toBeLessThan(1e-5);
  });
  expect(difference([mixed[0]!], alone(0))).toBeGreaterThan(1e-4);
});

test("an adapter is asked about every linear module once, by its published path", () => {
  const seen: string[] = [];
  const spy: RowAdapter = { rows: null, modulation: [], deltaOf: (module) => (seen.push(module), null) };
  hiddenOf(drawIds(1, 2), { adapters: [{ adapter: spy, start: 0, count: 1 }] });
  const modules = [
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
  ];
  expect(seen.sort()).toEqual([0, 1].flatMap((layer) => modules.map((module) => `layers.${layer}.${module}`)).sort());
});

test("gradients reach an adapter's tensors through the frozen model", async () => {
  const ids = drawIds(2, 6);
  const down = tf.variable(
    tf.tidy(() =>
      tf.tensor2d(
        Float32Array.from({ length: 32 }, () => 0.3 * random.normal()),
        [2, 16],
      ),
    ),
  );
  const up = tf.variable(
    tf.tidy(() =>
      tf.tensor2d(
        Float32Array.from({ length: 32 }, () => 0.3 * random.normal()),
        [16, 2],
      ),
    ),
  );
  const adapter: RowAdapter = {
    rows: null,
    modulation: [],
    deltaOf: (module) =>
      module === "layers.0.self_attn.q_proj"
        ? { down: down, up: up, modulation: [], modulateInner: (inner) => inner, modulateOutput: null }
        : null,
  };
  const loss = (): tf.Scalar =>
    tf.mean(tf.square(logitsOf(model, forward(model, ids, { adapters: [{ adapter, start: 0, count: 2 }] }))));
  const value = (): number => tf.tidy(() => loss().dataSync()[0]!);
  await expectNoTensorLeak(() => {
    const { value: at, grads } = tf.variableGrads(loss, [down, up]);
    for (const variable of [down, up]) {
      const gradient = grads[variable.name]!.dataSync();
      const numeric = [0, 13, 27].map((index) => differenceQuotient(variable, index, value));
      expect(
        largestDifference(
          [0, 13, 27].map((index) => gradient[index]!),
          numeric,
        ),
      ).toBeLessThan(2e-3 * scale(gradient));
    }
    at.dispose();
    tf.dispose(grads);
  });
  down.dispose();
  up.dispose();
});

test("nothing leaks over 50 decode steps", async () => {
  const cache = createKvCache(model, [0, 2]);
  hiddenOf(drawIds(2, 4), { cache });
  await expectNoTensorLeak(() => {
    const copy = cache.gatherRows([0, 1, 1]);
    for (let step = 0; step < 50; step++) hiddenOf(drawIds(3, 1), { cache: copy });
    copy.dispose();
  });
  cache.dispose();
});

test.each([
  [
    "a token id beyond the vocabulary",
    [
      [1, 2],
      [3, 258],
    ],
    {},
    "ids-out-of-range",
    /Token id 258 in row 1 is outside the model's vocabulary of 258 ids/,
  ],
  ["a negative token id", [[-1]], {}, "ids-out-of-range", /Token id -1 in row 0/],
  ["rows of different lengths", [[1, 2], [3]], {}, "rows-unequal", /Row 1 has 1 tokens/],
  [
    "more tokens than the context",
    [new Array<number>(129).fill(1)],
    {},
    "context-exceeded",
    /A row of 129 tokens does not fit the model's context of 128/,
  ],
  [
    "padding for other rows",
    [[1]],
    { padding: [0, 0] },
    "rows-unequal",
    /The batch has 1 rows but the cache or padding is for 2/,
  ],
])("%s is refused before it reaches the engine", (_name, ids, options, code, message) => {
  const refused = (): unknown => forward(model, ids, options);
  expect(refused).toThrow(UniArmError);
  expect(refused).toThrow(message);
  expect(refused).toThrow(expect.objectContaining({ code }));
});

test("padding columns do not count towards the context", () => {
  const ids = [new Array<number>(130).fill(1)];
  expect(hiddenOf(ids, { padding: [2] })[0]).toHaveLength(130);
});

test("a cache refuses rows that it does not have", () => {
  const cache = createKvCache(model, [0]);
  hiddenOf([[1, 2]], { cache });
  for (const ask of [(): unknown => cache.gatherRows([1]), (): unknown => cache.keepRows([1])])
    expect(ask).toThrow("Row 1 was requested from a cache with 1 rows; rows are numbered 0 to 0.");
  cache.dispose();
});

/** Central difference of `value` in one entry of a variable. */
function differenceQuotient(variable: tf.Variable, index: number, value: () => number, step = 1e-2): number {
  const original = variable.dataSync<"float32">().slice();
  const at = (shift: number): number => {
    const moved = original.slice();
    moved[index] = moved[index]! + shift;
    tf.tidy(() => {
      variable.assign(tf.tensor(moved, variable.shape));
    });
    return value();
  };
  const quotient = (at(step) - at(-step)) / (2 * step);
  tf.tidy(() => {
    variable.assign(tf.tensor(original, variable.shape));
  });
  return quotient;
}

const scale = (values: ArrayLike<number>): number => Math.max(1e-3, ...Array.from(values, Math.abs));

test("a row that has not begun yet leaves the others as they are alone", () => {
  const [row, other] = drawIds(2, 12) as [number[], number[]];
  const read = (rows: number[][], padding: number[]): number[][][] => {
    const cache = createKvCache(model, padding);
    const parts = [0, 4, 8].map((start) =>
      hiddenOf(
        rows.map((ids) => ids.slice(start, start + 4)),
        { cache },
      ),
    );
    cache.dispose();
    return parts.map((hidden) => hidden.at(-1)!);
  };
  const alone = read([row], [0]);
  read([other, row], [11, 0]).forEach((hidden, part) => {
    expect(difference([hidden], [alone[part]!])).toBeLessThan(1e-6); // sums of float32
  });
});

test("a pass through many layers holds no more at once than one through few", async () => {
  const ids = drawIds(4, 64);
  const peakOf = async (layers: number): Promise<number> => {
    const deep = await tinyModel({ config: { layers } });
    try {
      const { peakBytes, newBytes } = await tf.profile(() => forward(deep, ids));
      expect(newBytes).toBe(4 * 64 * TINY_CONFIG.hiddenSize * 4); // the states alone are left
      return peakBytes - tf.memory().numBytes;
    } finally {
      disposeTransformer(deep);
    }
  };
  expect(await peakOf(12)).toBeLessThanOrEqual(await peakOf(3));
});
