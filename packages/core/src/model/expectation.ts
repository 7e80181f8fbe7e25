import type { BaseWeights } from "../schema/base-weights.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelExpectation } from "../schema/expectation.ts";
import * as tf from "../tensor/tf.ts";
import { tokenLogProbs } from "./log-probs.ts";
import { createKvCache, forward, logitsOf, type Transformer } from "./transformer.ts";

/** How far a model is from what was expected of it. */
export interface ExpectationCheck {
  what: "logits" | "token log-probabilities" | "mean over tokens" | "greedy continuation";
  /** how many numbers, or rows of tokens, were compared */
  compared: number;
  /** largest absolute difference, or the mean one; for a continuation 1 if any row differs */
  difference: number;
  /** null: told, not judged */
  tolerance: number | null;
  passed: boolean;
}

/**
 * Weights that are not exact: mean absolute difference of token log-probabilities, nats, that is no sign of a fault. Random
 * models of 40 dimensions differ by .02, .04 and .7 (`test/golden/models`), trained ones by less; a matrix that is read wrongly
 * by several.
 */
const NARROW_TOLERANCE: Record<Exclude<BaseWeights, "float32">, number> = { bfloat16: 0.05, int8: 0.1, int4: 1 };

/**
 * Compares a loaded model with the numbers of another implementation, on the open engine. Of weights narrower than float32 the
 * mean over tokens is judged, and the rest told.
 * @throws UniArmError expectation-mismatch when the numbers are of another vocabulary or batch
 */
export async function checkExpectation(model: Transformer, expected: ModelExpectation): Promise<ExpectationCheck[]> {
  const padding = expected.attention_mask.map((row) => row.filter((mark) => mark === 0).length);
  checkFits(model, expected, padding);
  const { logits_abs, logprobs_abs } = expected.tolerance;
  const { baseWeights } = model;
  const isExact = baseWeights === "float32";
  const check = (what: ExpectationCheck["what"], pairs: Pairs, exact: number): ExpectationCheck => {
    const difference = pairs.reduce((most, [own, other]) => larger(most, Math.abs(own - other)), 0);
    const tolerance = isExact ? exact : null;
    return {
      what,
      compared: pairs.length,
      difference,
      tolerance,
      passed: tolerance === null || difference <= tolerance,
    };
  };
  const logProbs = await logProbPairs(model, expected, padding);
  return [
    check("logits", await logitPairs(model, expected, padding), logits_abs),
    check("token log-probabilities", logProbs, logprobs_abs),
    ...(isExact ? [] : [meanCheck(logProbs, NARROW_TOLERANCE[baseWeights])]),
    check("greedy continuation", await continuationPairs(model, expected, padding), 0),
  ];
}

function meanCheck(pairs: Pairs, tolerance: number): ExpectationCheck {
  const difference = pairs.reduce((sum, [own, other]) => sum + Math.abs(own - other), 0) / pairs.length;
  return { what: "mean over tokens", compared: pairs.length, difference, tolerance, passed: difference <= tolerance };
}

/** NaN counts as larger than anything, so that it is never within a tolerance. */
const larger = (one: number, other: number): number => (Number.isNaN(other) || other > one ? other : one);

type Pairs = [own: number, expected: number][];

async function logitPairs(model: Transformer, expected: ModelExpectation, padding: number[]): Promise<Pairs> {
  const { at, values } = expected.logits;
  const columns = expected.input_ids[0]!.length;
  const picked = tf.tidy(() => {
    const hidden = forward(model, expected.input_ids, { padding });
    const flat: tf.Tensor2D = tf.reshape(hidden, [-1, model.config.hiddenSize]);
    const positions = tf.tensor1d(
      at.map(([row, column]) => row * columns + column),
      "int32",
    );
    return logitsOf(model, tf.gather(flat, positions));
  });
  const own = await picked.data();
  picked.dispose();
  return values.flat().map((value, index) => [own[index]!, value]);
}

async function logProbPairs(model: Transformer, expected: ModelExpectation, padding: number[]): Promise<Pairs> {
  const known = expected.token_logprobs.flatMap((columns, row) =>
    columns.flatMap((value, column) => (value === null ? [] : [{ row, column, value }])),
  );
  const values = tf.tidy(() => tokenLogProbs(model, expected.input_ids, known, { padding }));
  const own = await values.data();
  values.dispose();
  return known.map(({ value }, index) => [own[index]!, value]);
}

/** Per row 0 when its continuation is the expected one, else 1. */
async function continuationPairs(model: Transformer, expected: ModelExpectation, padding: number[]): Promise<Pairs> {
  const { new_tokens, tokens } = expected.greedy;
  const cache = createKvCache(model, padding, expected.input_ids[0]!.length + new_tokens);
  const own: number[][] = expected.input_ids.map(() => []);
  try {
    let next: readonly (readonly number[])[] = expected.input_ids;
    for (let token = 0; token < new_tokens; token++) {
      const chosen = tf.tidy(() => {
        const hidden = forward(model, next, { cache });
        const [rows, columns, width] = hidden.shape;
        const last: tf.Tensor2D = tf.reshape(tf.slice(hidden, [0, columns - 1, 0], [rows, 1, width]), [rows, width]);
        return tf.argMax(logitsOf(model, last), -1);
      });
      const picked = [...(await chosen.data<"int32">())];
      chosen.dispose();
      picked.forEach((id, row) => own[row]!.push(id));
      next = picked.map((id) => [id]);
    }
  } finally {
    cache.dispose();
  }
  return own.map((row, index) => [row.join() === tokens[index]?.join() ? 0 : 1, 0]);
}

function checkFits({ config }: Transformer, expected: ModelExpectation, padding: readonly number[]): void {
  const { logits, input_ids, attention_mask, token_logprobs, greedy } = expected;
  const fail = (what: string): never => {
    throw new UniArmError(
      "expectation-mismatch",
      `The expected numbers do not belong to this model: ${what}. Make them again: python tooling/reference/expect.py FOLDER.`,
    );
  };
  const rows = input_ids.length;
  const columns = input_ids[0]!.length;
  if (logits.values.length !== logits.at.length) fail("the number of rows of logits is not that of their positions");
  const wide = logits.values.find((row) => row.length !== config.vocabularySize);
  if (wide) fail(`they are of a vocabulary of ${wide.length} tokens, the model's has ${config.vocabularySize}`);
  if (logits.at.some(([row, column]) => !(row >= 0 && row < rows && column >= 0 && column < columns)))
    fail("some logits are of positions outside the batch");
  for (const [name, table] of Object.entries({ attention_mask, token_logprobs }))
    if (table.length !== rows || table.some((row) => row.length !== columns)) fail(`${name} has another shape`);
  if (greedy.tokens.length !== rows) fail("the number of continuations is not that of the rows");
  attention_mask.forEach((row, index) => {
    if (row.indexOf(1) !== padding[index]) fail(`row ${index} is not padded at its left`);
  });
}
