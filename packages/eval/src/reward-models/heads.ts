import {
  affineOf,
  disposeTransformer,
  encode,
  forward,
  linear,
  loadEncoder,
  loadTensor,
  loadTransformer,
  openWeights,
  readModelConfig,
  tf,
} from "@uniarm/core";
import type { BaseWeights } from "@uniarm/core/schema";
import type { RewardModelJson, RewardModelKind } from "./kinds.ts";

/** A backbone with its head on the engine. */
export interface ScoredModel {
  sha256: string;
  /** tokens that fit */
  contextTokens: number;
  vocabularySize: number;
  labels: number;
  /** mean and standard deviation that the model was saved with; null where it was saved with none */
  stored: { mean: number; deviation: number } | null;
  /** Token ids, a text a row -> [rows, labels]. Rows of unequal length are padded at the given side; that changes nothing. */
  score(rows: readonly (readonly number[])[], side?: "left" | "right"): Promise<number[][]>;
  dispose(): void;
}

/** Loads a causal language model without its head, and the reward model's own head in its place. */
export async function openCausalModel(
  folder: string,
  kind: RewardModelKind,
  json: RewardModelJson,
  baseWeights: BaseWeights,
): Promise<ScoredModel> {
  const config = await readModelConfig(folder);
  const { tensors } = await openWeights(folder);
  const model = await loadTransformer(folder, { head: false, baseWeights });
  const held: tf.Tensor[] = [];
  const dispose = (): void => {
    tf.dispose(held);
    disposeTransformer(model);
  };
  try {
    const load = (name: string, shape: (number | null)[]): tf.Tensor => {
      const tensor = loadTensor(tensors, name, shape, folder);
      held.push(tensor);
      return tensor;
    };
    const weight = load(`${kind.head}.weight`, [null, config.hiddenSize]) as tf.Tensor2D;
    const labels = weight.shape[0];
    const bias = tensors.has(`${kind.head}.bias`) ? load(`${kind.head}.bias`, [labels]) : null;
    const stored = json.do_normalize ? await storedNormaliser(load, json.score_type ?? "reward") : null;
    const padTokenId = json.pad_token_id ?? null;
    const score: ScoredModel["score"] = async (rows, side = "right") => {
      const { ids, padding, readAt } = laidOut(rows, side, kind, padTokenId);
      const scores = tf.tidy(() => {
        const hidden = forward(model, ids, { padding }); // [B,T,d]
        const flat: tf.Tensor2D = tf.reshape(hidden, [-1, config.hiddenSize]);
        const read = tf.gather(flat, tf.tensor1d(readAt, "int32")); // [B,d]
        const product = linear(read, weight);
        return bias ? tf.add<tf.Tensor2D>(product, bias) : (product as tf.Tensor2D);
      });
      return takeOut(scores);
    };
    return {
      sha256: model.sha256,
      contextTokens: config.contextTokens,
      vocabularySize: config.vocabularySize,
      labels,
      stored,
      score,
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

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
      return takeOut(scores);
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

async function takeOut(scores: tf.Tensor2D): Promise<number[][]> {
  try {
    return await scores.array();
  } finally {
    scores.dispose();
  }
}

/** A padded batch: its ids [B][T], columns of padding at the left, and the place in [B*T] that the head reads of each row. */
function laidOut(
  rows: readonly (readonly number[])[],
  side: "left" | "right",
  { pooling }: RewardModelKind,
  padTokenId: number | null,
): { ids: number[][]; padding: number[]; readAt: number[] } {
  const columns = Math.max(...rows.map((row) => row.length));
  const fill = (row: readonly number[]): number[] => new Array<number>(columns - row.length).fill(padTokenId ?? 0);
  const padding = rows.map((row) => (side === "left" ? columns - row.length : 0));
  const readAt = rows.map((row, index) => {
    const last = pooling === "last" || padTokenId === null ? row.length - 1 : lastOther(row, padTokenId);
    return index * columns + padding[index]! + last;
  });
  return {
    ids: rows.map((row) => (side === "left" ? [...fill(row), ...row] : [...row, ...fill(row)])),
    padding,
    readAt,
  };
}

/** Hugging Face's classifiers do not see the mask: a text that ends in the pad id is read before it; one of nothing else at its start. */
const lastOther = (row: readonly number[], padTokenId: number): number =>
  Math.max(
    0,
    row.findLastIndex((id) => id !== padTokenId),
  );

/** safe-rlhf shifts and scales rewards; costs it only scales: their sign says whether a text is safe. */
async function storedNormaliser(
  load: (name: string, shape: (number | null)[]) => tf.Tensor,
  type: "reward" | "cost",
): Promise<{ mean: number; deviation: number }> {
  const [mean, variance] = await Promise.all(
    ["normalizer.mean", "normalizer.var"].map(async (name) => (await load(name, [1]).data())[0]!),
  );
  return { mean: type === "cost" ? 0 : mean!, deviation: Math.sqrt(variance!) };
}
