import { affineOf, encode, loadEncoder, loadTensor, openWeights, tf } from "@uniarm/core";
import { takeScores, type ScoredModel } from "./scored-model.ts";

/** Loads a DistilBERT classifier: the first token through one more layer, then the labels. */
export async function openEncoderModel(folder: string): Promise<ScoredModel> {
  const { tensors } = await openWeights(folder);
  const encoder = await loadEncoder(folder);
  const { dim } = encoder.config;
  const held: tf.Tensor[] = [];
  const dispose = (): void => {
    tf.dispose(held);
    encoder.dispose();
  };
  try {
    const affine = (name: string, out: number | null): { weight: tf.Tensor2D; bias: tf.Tensor1D } => {
      const weight = loadTensor(tensors, `${name}.weight`, [out, dim], folder) as tf.Tensor2D;
      held.push(weight);
      const bias = loadTensor(tensors, `${name}.bias`, [weight.shape[0]], folder) as tf.Tensor1D;
      held.push(bias);
      return { weight, bias };
    };
    const [before, classifier] = [affine("pre_classifier", dim), affine("classifier", null)];
    const score: ScoredModel["score"] = async (rows) => {
      const longest = Math.max(...rows.map((row) => row.length));
      const ids = rows.map((row) => [...row, ...new Array<number>(longest - row.length).fill(0)]);
      const lengths = rows.map((row) => row.length);
      const scores = tf.tidy(() => {
        const hidden = encode(encoder, ids, lengths); // [B,T,d]
        const first: tf.Tensor2D = tf.squeeze(tf.slice(hidden, [0, 0, 0], [-1, 1, -1]), [1]); // [B,d]
        return affineOf(tf.relu(affineOf(first, before)), classifier);
      });
      return takeScores(scores);
    };
    return {
      sha256: encoder.sha256,
      contextTokens: encoder.config.max_position_embeddings,
      vocabularySize: encoder.config.vocab_size,
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
