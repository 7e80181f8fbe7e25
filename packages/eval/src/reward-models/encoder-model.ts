import {
  affineOf,
  encode,
  ENCODER_ACTIVATIONS,
  ENCODER_NAMES,
  loadEncoder,
  normed,
  openWeights,
  tf,
  weightReader,
} from "@uniarm/core";
import { takeScores, type ScoredModel } from "./scored-model.ts";

/** Loads an encoder's classifier: the first token, or the mean of all, through one more layer, then the labels. */
export async function openEncoderModel(folder: string): Promise<ScoredModel> {
  const { tensors } = await openWeights(folder);
  const encoder = await loadEncoder(folder);
  const { config } = encoder;
  const read = weightReader(tensors, folder);
  const dispose = (): void => {
    read.dispose();
    encoder.dispose();
  };
  try {
    const { hiddenSize: width, biases } = config;
    const names = ENCODER_NAMES[config.modelType].head;
    const dense = read.affine(names.dense, width, width, biases.head);
    const norm = names.norm === null ? null : read.normOf(names.norm, width, biases.norm);
    const classifier = read.affine(names.classifier, null, width, true);
    const activation = ENCODER_ACTIVATIONS[config.head.activation];
    const score: ScoredModel["score"] = async (rows) => {
      const longest = Math.max(...rows.map((row) => row.ids.length));
      const padded = (values: readonly number[]): number[] => [
        ...values,
        ...new Array<number>(longest - values.length).fill(0),
      ];
      const lengths = rows.map((row) => row.ids.length);
      const types =
        config.tokenTypes > 0 ? rows.map(({ ids, types: given }) => padded(given ?? ids.map(() => 0))) : null;
      const scores = tf.tidy(() => {
        const hidden = encode(encoder, { ids: rows.map(({ ids }) => padded(ids)), lengths, types }); // [B,T,d]
        const pooled = config.head.pooling === "first" ? firstOf(hidden) : meanOf(hidden, lengths); // [B,d]
        const active = activation(affineOf(pooled, dense));
        return affineOf(norm ? normed(active, norm, config.normEpsilon) : active, classifier);
      });
      return takeScores(scores);
    };
    return {
      sha256: encoder.sha256,
      contextTokens: config.contextTokens,
      vocabularySize: config.vocabularySize,
      labels: classifier.weight.shape[0],
      stored: null,
      score,
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

const firstOf = (hidden: tf.Tensor3D): tf.Tensor2D => tf.squeeze(tf.slice(hidden, [0, 0, 0], [-1, 1, -1]), [1]);

/** Over the real tokens of each row. */
function meanOf(hidden: tf.Tensor3D, lengths: readonly number[]): tf.Tensor2D {
  const tokens = hidden.shape[1];
  const shares = lengths.flatMap((length) =>
    Array.from({ length: tokens }, (_, column) => (column < length ? 1 / length : 0)),
  );
  return tf.sum(tf.mul(hidden, tf.tensor3d(shares, [lengths.length, tokens, 1])), 1);
}
