import {
  disposeTransformer,
  headScores,
  lastTokenColumn,
  loadTensor,
  loadTransformer,
  openWeights,
  readModelConfig,
  tf,
} from "@uniarm/core";
import type { BaseWeights } from "@uniarm/core/schema";
import type { RewardModelJson, RewardModelKind } from "./kinds.ts";
import { takeScores, type ScoredModel } from "./scored-model.ts";

/** Loads a causal language model with the reward model's head in place of its own. */
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
    // null says that there is none, an absent key that the class decides
    const padTokenId = json.pad_token_id === undefined ? kind.padTokenId : json.pad_token_id;
    const score: ScoredModel["score"] = async (rows, side = "right") => {
      const { ids, padding, readAt } = paddedBatch(
        rows.map((row) => row.ids),
        side,
        kind,
        padTokenId,
      );
      const scores = tf.tidy(() => {
        const product = headScores(model, ids, readAt, weight, { padding });
        return bias ? tf.add<tf.Tensor2D>(product, bias) : product;
      });
      return takeScores(scores);
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

/** A padded batch: its ids [B][T], columns of padding at the left, and the column that the head reads of each row. */
function paddedBatch(
  rows: readonly (readonly number[])[],
  side: "left" | "right",
  { pooling }: RewardModelKind,
  padTokenId: number | null,
): { ids: number[][]; padding: number[]; readAt: number[] } {
  const columns = Math.max(...rows.map((row) => row.length));
  const fill = (row: readonly number[]): number[] => new Array<number>(columns - row.length).fill(padTokenId ?? 0);
  const padding = rows.map((row) => (side === "left" ? columns - row.length : 0));
  const readAt = rows.map((row, index) => {
    const last = pooling === "last" || padTokenId === null ? row.length - 1 : lastTokenColumn(row, padTokenId);
    return padding[index]! + last;
  });
  return {
    ids: rows.map((row) => (side === "left" ? [...fill(row), ...row] : [...row, ...fill(row)])),
    padding,
    readAt,
  };
}

/** safe-rlhf shifts and scales rewards but only scales costs: the sign of a cost says whether a text is safe. */
async function storedNormaliser(
  load: (name: string, shape: (number | null)[]) => tf.Tensor,
  type: "reward" | "cost",
): Promise<{ mean: number; deviation: number }> {
  const [mean, variance] = await Promise.all(
    ["normalizer.mean", "normalizer.var"].map(async (name) => (await load(name, [1]).data())[0]!),
  );
  return { mean: type === "cost" ? 0 : mean!, deviation: Math.sqrt(variance!) };
}
