import { columnBefore, type Fork } from "../layers/forks.ts";
import { changesHead, type AdapterRows } from "../layers/adapter-rows.ts";
import { UniArmError } from "../schema/error.ts";
import { gatherRows } from "../tensor/gather.ts";
import { headLogProbs, logSoftmaxAt } from "../tensor/log-probs.ts";
import * as tf from "../tensor/tf.ts";
import { forksOf, responsesOf, type TokenBatch } from "./token-batch.ts";
import { forward, headOf, logitsOf, type Transformer } from "./transformer.ts";

/** A token of a batch of ids [B][T]. */
export interface TokenPosition {
  readonly row: number;
  readonly column: number;
}

export interface LogProbOptions {
  adapters?: readonly AdapterRows[];
  /** Columns of padding at the left of each row. */
  padding?: readonly number[];
  /** where each row has a second response to its prompt */
  forks?: readonly Fork[];
  /** For training: less memory, more time; see `ForwardOptions`. */
  recompute?: boolean;
}

/**
 * log p(ids[row][column] | earlier columns of the row), nats, for each of M positions -> [M]. Logits are computed there
 * only. Differentiable in adapters and trainable weights.
 * @throws UniArmError position-invalid for column 0, which nothing precedes, or a place outside the batch
 */
export function tokenLogProbs(
  model: Transformer,
  ids: readonly (readonly number[])[],
  positions: readonly TokenPosition[],
  options: LogProbOptions = {},
): tf.Tensor1D {
  checkPositions(ids, positions);
  return tf.tidy(() => {
    const hidden = forward(model, ids, options); // [B,T,d]
    const [, tokens, width] = hidden.shape;
    const before = tf.tensor1d(
      Int32Array.from(positions, ({ row, column }) => row * tokens + columnBefore(options.forks?.[row], column)),
      "int32",
    );
    const targets = Int32Array.from(positions, ({ row, column }) => ids[row]![column]!);
    const { adapters = [] } = options;
    if (changesHead(adapters)) {
      const logits = logitsOf(model, hidden, adapters); // [B,T,V]
      const picked = gatherRows(tf.reshape(logits, [-1, logits.shape[2]!]), before); // [M,V]
      return logSoftmaxAt(picked, tf.tensor1d(targets, "int32"));
    }
    return stateLogProbs(model, gatherRows(tf.reshape(hidden, [-1, width]), before), targets); // [M,d]
  });
}

/** log p(targets[m]) of the tokens that follow hidden states [M,d], nats -> [M]; differentiable in the states. */
export function stateLogProbs(model: Transformer, states: tf.Tensor2D, targets: Int32Array): tf.Tensor1D {
  if (!model.config.logits) return headLogProbs(states, headOf(model), targets);
  return tf.tidy(
    () => logSoftmaxAt(logitsOf(model, states) as tf.Tensor2D, tf.tensor1d(targets, "int32")), // a function of its own between the head and the softmax
  );
}

/** L(y): sum of the log-probabilities of each response's tokens, end-of-sequence included, nats -> [B] as `responsesOf` has them. */
export function sequenceLogProbs(model: Transformer, batch: TokenBatch, options: LogProbOptions = {}): tf.Tensor1D {
  return tf.tidy(() => {
    const positions = responsePositions(batch);
    const logProbs = tokenLogProbs(model, batch.ids, positions, { ...options, ...forksOf(batch) }); // [M]
    return sumByResponse(logProbs, batch);
  });
}

/** Every response token of a batch, response by response. */
export const responsePositions = (batch: TokenBatch): TokenPosition[] =>
  responsesOf(batch).flatMap(({ row, start, end }) =>
    Array.from({ length: end - start }, (_, index) => ({ row, column: start + index })),
  );

/** Values of every response token [M] -> their sum over each response [B]. A product with a 0/1 matrix: the same order of addition on every engine. */
export function sumByResponse(values: tf.Tensor1D, batch: TokenBatch): tf.Tensor1D {
  const responses = responsesOf(batch);
  const [rows, columns] = [responses.length, values.shape[0]];
  const member = new Float32Array(rows * columns);
  let at = 0;
  responses.forEach(({ start, end }, response) => {
    member.fill(1, response * columns + at, response * columns + at + end - start);
    at += end - start;
  });
  const summed = tf.matMul(tf.tensor2d(member, [rows, columns]), tf.reshape<tf.Rank.R2>(values, [-1, 1])); // [B,1]
  return tf.reshape(summed, [rows]);
}

function checkPositions(ids: readonly (readonly number[])[], positions: readonly TokenPosition[]): void {
  if (positions.length === 0) {
    throw new UniArmError(
      "position-invalid",
      "No position was given; log-probabilities need at least one token to look at.",
    );
  }
  for (const { row, column } of positions) {
    if (column >= 1 && ids[row]?.[column] !== undefined) continue;
    throw new UniArmError(
      "position-invalid",
      `Row ${row}, column ${column} has no log-probability: the batch is [${ids.length}, ${ids[0]?.length ?? 0}] and column 0 follows nothing.`,
    );
  }
}
