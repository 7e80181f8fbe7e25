import type { EncoderConfig } from "../schema/encoder.ts";
import { UniArmError } from "../schema/error.ts";
import * as tf from "../tensor/tf.ts";

/** A right-padded batch of texts. */
export interface EncoderBatch {
  /** [B][T] */
  ids: readonly (readonly number[])[];
  /** real tokens of each row */
  lengths: readonly number[];
  /** [B][T]: which text of a pair a token is of; null: all of the first */
  types: readonly (readonly number[])[] | null;
}

/** Added to the score of a token that must not be seen; finite, so that an all-padding row stays a number. */
const HIDDEN = -1e9;

/** @throws UniArmError rows-unequal, context-exceeded, ids-out-of-range */
export function checkEncoderRows(config: EncoderConfig, { ids, types }: EncoderBatch): void {
  const tokens = ids[0]?.length ?? 0;
  if (tokens === 0 || ids.some((row) => row.length !== tokens))
    throw new UniArmError("rows-unequal", "All rows of a batch need the same number of tokens, at least 1.");
  if (tokens > config.contextTokens) {
    throw new UniArmError(
      "context-exceeded",
      `A row of ${tokens} tokens does not fit the encoder's context of ${config.contextTokens} tokens. Shorten the text.`,
    );
  }
  const most = config.vocabularySize;
  const strange = ids.flat().find((id) => !(Number.isInteger(id) && id >= 0 && id < most));
  if (strange !== undefined) {
    throw new UniArmError(
      "ids-out-of-range",
      `Token id ${strange} is outside the encoder's vocabulary of ${most} ids (0 to ${most - 1}). Use the tokenizer that belongs to the model.`,
    );
  }
  if (config.tokenTypes === 0) return;
  const type = types?.flat().find((one) => one >= config.tokenTypes);
  if (type !== undefined) {
    throw new UniArmError(
      "ids-out-of-range",
      `Token type ${type} is outside the encoder's ${config.tokenTypes} token types (type_vocab_size). Use the tokenizer that belongs to the model.`,
    );
  }
}

/** The place of each token [B*T]: its column, or in RoBERTa's way its number among ids that are not the pad id, which itself stays put. */
export function positionsOf({ positions }: EncoderConfig, ids: EncoderBatch["ids"]): number[] {
  const pad = positions?.padTokenId ?? null;
  return ids.flatMap((row) => {
    if (pad === null) return row.map((_, column) => column);
    let place = pad;
    return row.map((id) => (id === pad ? pad : ++place));
  });
}

/** Hides what is more than `reach` tokens away -> [1,1,T,T] to add to scores. */
export function reachMask(reach: number, tokens: number): tf.Tensor4D {
  const values = Float32Array.from({ length: tokens * tokens }, (_, place) =>
    Math.abs(Math.floor(place / tokens) - (place % tokens)) <= reach ? 0 : HIDDEN,
  );
  return tf.tensor4d(values, [1, 1, tokens, tokens]);
}

/** cos and sin of the first places, [1,T,1,headSize], as `rotate` wants them: the first half of sin is negated. */
export function rotaryColumns(theta: number, tokens: number, headSize: number): { cos: tf.Tensor4D; sin: tf.Tensor4D } {
  const half = headSize / 2;
  const table = (valueOf: (angle: number, isFirstHalf: boolean) => number): tf.Tensor4D => {
    const values = Float32Array.from({ length: tokens * headSize }, (_, place) => {
      const [position, column] = [Math.floor(place / headSize), place % headSize];
      return valueOf(position * theta ** (-(column % half) / half), column < half);
    });
    return tf.tensor4d(values, [1, tokens, 1, headSize]);
  };
  return {
    cos: table((angle) => Math.cos(angle)),
    sin: table((angle, isFirstHalf) => (isFirstHalf ? -Math.sin(angle) : Math.sin(angle))),
  };
}
