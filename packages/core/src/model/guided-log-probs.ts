import type { AdapterRows } from "../layers/adapter-rows.ts";
import { columnBefore } from "../layers/forks.ts";
import { gatherRows } from "../tensor/gather.ts";
import { headLogProbs, logSoftmaxAt } from "../tensor/log-probs.ts";
import * as tf from "../tensor/tf.ts";
import { responsePositions, sumByResponse } from "./log-probs.ts";
import { mostTokens } from "./new-columns.ts";
import { forksOf, type TokenBatch } from "./token-batch.ts";
import { createKvCache, forward, headOf, logitsOf, type Transformer } from "./transformer.ts";

/** What one model makes of the response tokens of a batch, and how much it counts in the guided distribution. */
export interface GuidedPart {
  /** hidden states that the M response tokens are predicted from, row by row [M,d] */
  states: tf.Tensor2D;
  /** exponent of its distribution: 1 for the base model, the coefficient for an ARM */
  weight: number;
}

/** Hidden states that the response tokens are predicted from [M,d]; differentiable in the adapters. */
export function responseStates(
  model: Transformer,
  batch: TokenBatch,
  options: { adapters?: readonly AdapterRows[]; recompute?: boolean } = {},
): tf.Tensor2D {
  return tf.tidy(() => {
    const { forks } = forksOf(batch);
    const hidden = forward(model, batch.ids, forks ? { ...options, forks } : options); // [B,T,d]
    const [, tokens, width] = hidden.shape;
    const before = Int32Array.from(
      responsePositions(batch),
      ({ row, column }) => row * tokens + columnBefore(forks?.[row], column),
    );
    return gatherRows(tf.reshape(hidden, [-1, width]), tf.tensor1d(before, "int32")); // [M,d]
  });
}

/**
 * The same of the base model, where rows of one prompt share its pass: for training, which takes no gradient of it. Call it
 * outside the gradient's scope.
 */
export function baseStates(model: Transformer, batch: TokenBatch): tf.Tensor2D {
  const { ids, responseStart, length, secondStart } = batch;
  if (secondStart) return responseStates(model, batch); // they share it
  const prompts = ids.map((row, index) => row.slice(0, responseStart[index]));
  const { first, places } = distinctBy(prompts.map((prompt) => prompt.join(",")));
  // without its last token, from which nothing follows
  const responses = ids.map((row, index) => row.slice(responseStart[index], length[index]! - 1));
  const promptColumns = Math.max(...responseStart);
  const columns = Math.max(...responses.map((response) => response.length));
  // side by side the rows are as long as the longest prompt with the longest response, which none of them may be
  if (promptColumns + columns + 1 > mostTokens(model.config, promptColumns)) return responseStates(model, batch);
  const padding = first.map((row) => promptColumns - responseStart[row]!);
  const padded = first.map((row, index) => [...zeros(padding[index]!), ...prompts[row]!]);
  const filled = responses.map((response) => [...response, ...zeros(columns - response.length)]);

  const cache = createKvCache(model, padding, promptColumns + columns);
  try {
    return tf.tidy(() => {
      const afterPrompt = tf.slice(forward(model, padded, { cache }), [0, promptColumns - 1, 0], [-1, 1, -1]); // [P,1,d]
      const start: tf.Tensor3D = tf.gather(afterPrompt, tf.tensor1d(places, "int32")); // [B,1,d]
      const states = columns === 0 ? start : tf.concat([start, continued(model, cache, places, filled)], 1); // [B,1+T,d]
      const taken = responsePositions(batch).map(
        ({ row, column }) => row * (columns + 1) + column - responseStart[row]!,
      );
      return gatherRows(tf.reshape(states, [-1, model.config.hiddenSize]), tf.tensor1d(taken, "int32")); // [M,d]
    });
  } finally {
    cache.dispose();
  }
}

/**
 * L(y) of each row under the distribution that is decoded, the product of its parts' distributions to the power of their
 * weights, normalised; nats -> [B]. With one head W for all parts it is log softmax(W sum_i weight_i h_i), one product.
 * Differentiable in the parts' states.
 */
export function guidedSequenceLogProbs(
  model: Transformer,
  batch: TokenBatch,
  parts: readonly GuidedPart[],
): tf.Tensor1D {
  return tf.tidy(() => {
    const positions = responsePositions(batch);
    const targets = Int32Array.from(positions, ({ row, column }) => batch.ids[row]![column]!);
    const sumOf = (tensorOf: (part: GuidedPart) => tf.Tensor): tf.Tensor2D =>
      parts
        .map((part) => (part.weight === 1 ? tensorOf(part) : tf.mul(tensorOf(part), part.weight)))
        .reduce((sum, tensor) => tf.add(sum, tensor)) as tf.Tensor2D;
    const logProbs = model.config.logits
      ? // a function of its own between the head and the softmax: the logits add up, not the states
        logSoftmaxAt(
          sumOf(({ states }) => logitsOf(model, states)),
          tf.tensor1d(targets, "int32"),
        )
      : headLogProbs(
          sumOf(({ states }) => states),
          headOf(model),
          targets,
        );
    return sumByResponse(logProbs, batch);
  });
}

/** Later tokens [B][T] after prompts of which each row continues one -> [B,T,d]. */
function continued(
  model: Transformer,
  prompts: ReturnType<typeof createKvCache>,
  places: readonly number[],
  ids: readonly (readonly number[])[],
): tf.Tensor3D {
  const cache = prompts.gatherRows(places);
  try {
    return forward(model, ids, { cache });
  } finally {
    cache.dispose();
  }
}

/** The first row of each kind, and for each row the place of its kind among those. */
function distinctBy(keys: readonly string[]): { first: number[]; places: number[] } {
  const found = new Map<string, number>();
  const first: number[] = [];
  const places = keys.map((key, row) => {
    const place = found.get(key) ?? first.push(row) - 1;
    found.set(key, place);
    return place;
  });
  return { first, places };
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
