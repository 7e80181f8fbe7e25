import { afterAll, beforeAll, expect, test } from "vitest";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { responsePositions, sequenceLogProbs, tokenLogProbs } from "../../src/model/log-probs.ts";
import { tokenBatch } from "../../src/model/token-batch.ts";
import { forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { tinyModel } from "../../src/testing/tiny-model.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

let model: Transformer;
beforeAll(async () => {
  model = await tinyModel();
});
afterAll(() => {
  disposeTransformer(model);
});

const rows = [
  { prompt: [1, 2, 3], response: [4, 5, 257] },
  { prompt: [7], response: [8, 257] },
  { prompt: [9, 9], response: [257] },
];
const batch = tokenBatch(rows, 257);

/** Full-sequence log-softmax, row by row. */
function slowTwin({ prompt, response }: { prompt: number[]; response: number[] }): number {
  const ids = [...prompt, ...response];
  const all = tf.tidy(() => tf.logSoftmax(logitsOf(model, forward(model, [ids]))).arraySync() as number[][][]);
  return response.reduce((sum, id, index) => sum + all[0]![prompt.length + index - 1]![id]!, 0);
}

test("a batch pads on the right and knows where responses start and end", () => {
  expect(batch).toEqual({
    ids: [
      [1, 2, 3, 4, 5, 257],
      [7, 8, 257, 257, 257, 257],
      [9, 9, 257, 257, 257, 257],
    ],
    responseStart: [3, 1, 2],
    length: [6, 3, 3],
  });
  expect(responsePositions(batch).filter(({ row }) => row === 1)).toEqual([
    { row: 1, column: 1 },
    { row: 1, column: 2 },
  ]);
});

test("sequence log-probabilities sum the response tokens, end of sequence included, prompt left out", async () => {
  await expectNoTensorLeak(() => {
    const sums = tf.tidy(() => sequenceLogProbs(model, batch).dataSync());
    expect(largestDifference(sums, rows.map(slowTwin))).toBeLessThan(1e-4);
  });
});

test("padding changes nothing: rows alone equal rows together", () => {
  const together = tf.tidy(() => sequenceLogProbs(model, batch).dataSync());
  const alone = rows.map((row) => tf.tidy(() => sequenceLogProbs(model, tokenBatch([row])).dataSync()[0]!));
  expect(largestDifference(together, alone)).toBeLessThan(1e-5);
});

test("token log-probabilities come in the order of the positions", () => {
  const [forwards, backwards] = [
    [
      { row: 0, column: 1 },
      { row: 1, column: 2 },
    ],
    [
      { row: 1, column: 2 },
      { row: 0, column: 1 },
    ],
  ].map((positions) => [...tf.tidy(() => tokenLogProbs(model, batch.ids, positions).dataSync())]);
  expect(backwards).toEqual(forwards!.toReversed());
});

test("column 0, places outside the batch, no place, no row and an empty prompt are refused", () => {
  expect(() => tokenLogProbs(model, batch.ids, [{ row: 0, column: 0 }])).toThrow("column 0 follows nothing");
  expect(() => tokenLogProbs(model, batch.ids, [{ row: 3, column: 1 }])).toThrow(
    "Row 3, column 1 has no log-probability: the batch is [3, 6]",
  );
  expect(() => tokenLogProbs(model, batch.ids, [])).toThrow("No position was given");
  expect(() => tokenBatch([])).toThrow("A batch needs at least one row");
  expect(() => tokenBatch([{ prompt: [], response: [1] }])).toThrow("The prompt of row 0 has no tokens");
});
