import type { ModelConfig } from "../schema/model.ts";
import { gatherRows } from "../tensor/gather.ts";
import { linear } from "../tensor/matrix.ts";
import * as tf from "../tensor/tf.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { forward, type ForwardOptions, type Transformer } from "./transformer.ts";

/**
 * The scores that a head [K,d] gives rows of token ids [B][T], each read at the hidden state of one column -> [B,K].
 * Differentiable in adapters and head.
 */
export function headScores(
  model: Transformer,
  ids: readonly (readonly number[])[],
  columns: readonly number[],
  head: tf.Tensor2D,
  options: Pick<ForwardOptions, "adapters" | "padding" | "recompute"> = {},
): tf.Tensor2D {
  return tf.tidy(() => {
    const hidden = forward(model, ids, options); // [B,T,d]
    const [, tokens, width] = hidden.shape;
    const places = Int32Array.from(columns, (column, row) => row * tokens + column);
    const read = gatherRows(tf.reshape(hidden, [-1, width]), tf.tensor1d(places, "int32")); // [B,d]
    return linear(read, head) as tf.Tensor2D; // [B,K]
  });
}

/** The id that a base model's texts are filled up with where they are scored: as its files say, as transformers knows it. */
export const scoredPadTokenId = (
  { padTokenId }: Pick<ModelConfig, "padTokenId">,
  tokenizer: Pick<Tokenizer, "padTokenId" | "eosTokenId">,
): number => padTokenId ?? tokenizer.padTokenId ?? tokenizer.eosTokenId ?? 0;

/**
 * The column that Hugging Face's classifiers read of a row: its last id that is not the pad id. They do not see the mask: a
 * text that ends in pad ids is read before these, one of pad ids alone at its start.
 */
export const lastTokenColumn = (ids: readonly number[], padTokenId: number): number =>
  Math.max(
    0,
    ids.findLastIndex((id) => id !== padTokenId),
  );
