import { rowsOf } from "../layers/embedding.ts";
import { forward, type Transformer } from "../model/transformer.ts";
import type { MosLoraConfig } from "../schema/adapter.ts";
import { UniArmError } from "../schema/error.ts";
import type { Random } from "../tensor/random.ts";
import * as tf from "../tensor/tf.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { objectiveGeometry } from "./objective-geometry.ts";
import { placeObjectives } from "./placed-vectors.ts";

type TextEmbedding = Exclude<MosLoraConfig["objectiveEmbedding"], "random" | "one-hot">;

export interface ObjectiveVectorOptions {
  embedding: MosLoraConfig["objectiveEmbedding"];
  geometry: MosLoraConfig["objectiveGeometry"];
  /** used by the embedding "random" only */
  random: Random;
}

/**
 * MoSLoRA's o_i [K][d]: what each objective's description means to the frozen model, then arranged by `geometry`; unit length.
 * @throws UniArmError objective-description-empty, objectives-alike, context-exceeded
 */
export async function objectiveVectors(
  model: Transformer,
  tokenizer: Tokenizer,
  descriptions: readonly string[],
  options: ObjectiveVectorOptions,
): Promise<number[][]> {
  return objectiveGeometry(await embedDescriptions(model, tokenizer, descriptions, options), options.geometry);
}

/**
 * The vectors of the last `added` objectives alone [added][d], beside stored ones of the others, which stay as they are.
 * @param descriptions of all objectives in their order
 * @throws UniArmError objective-vectors-foreign, and as `objectiveVectors`
 */
export async function addedObjectiveVectors(
  model: Transformer,
  tokenizer: Tokenizer,
  { stored, descriptions }: { stored: readonly (readonly number[])[]; descriptions: readonly string[] },
  options: ObjectiveVectorOptions,
): Promise<number[][]> {
  const texts = await embedDescriptions(model, tokenizer, descriptions, options);
  return placeObjectives(stored, texts.slice(0, stored.length), texts.slice(stored.length), options.geometry);
}

/** [K][d], not yet arranged. */
async function embedDescriptions(
  model: Transformer,
  tokenizer: Tokenizer,
  descriptions: readonly string[],
  { embedding, random }: ObjectiveVectorOptions,
): Promise<number[][]> {
  const width = model.config.hiddenSize;
  const vectors: number[][] = [];
  for (const [index, description] of descriptions.entries()) {
    if (embedding === "random") {
      const stream = random.fork(`objective-${index}`);
      vectors.push(Array.from({ length: width }, () => stream.normal()));
    } else if (embedding === "one-hot") {
      vectors.push(Array.from({ length: width }, (_, axis) => Number(axis === index)));
    } else {
      const ids = tokenizer.encode(description); // no special tokens: only the words themselves
      if (ids.length === 0) {
        throw new UniArmError(
          "objective-description-empty",
          `Objective ${index + 1} has the description "${description}", which has no tokens. Describe it in words.`,
        );
      }
      vectors.push(await embedObjective(model, ids, embedding));
    }
  }
  return vectors;
}

/** One text's vector [d], not yet of unit length: the hidden states after the final norm, or the input embeddings, pooled. */
export async function embedObjective(
  model: Transformer,
  ids: readonly number[],
  embedding: TextEmbedding,
): Promise<number[]> {
  const pooled = tf.tidy(() => {
    if (embedding === "mean-input-embedding") {
      return tf.mean(rowsOf(model.weights.embedding, Int32Array.from(ids)), 0);
    }
    const hidden = forward(model, [ids]); // [1,T,d]
    if (embedding === "mean-last-hidden") return tf.reshape(tf.mean(hidden, 1), [-1]);
    return tf.reshape(tf.slice(hidden, [0, ids.length - 1, 0], [1, 1, -1]), [-1]);
  });
  try {
    return Array.from(await pooled.data());
  } finally {
    pooled.dispose();
  }
}
