import * as tf from "../tensor/tf.ts";
import type { Random } from "../tensor/random.ts";
import { UniArmError } from "../schema/error.ts";
import type { Adapter } from "./adapter.ts";
import { copyAdapter } from "./copy.ts";
import { adapterTensors } from "./create.ts";
import { drawStart } from "./tensor-spec.ts";

export interface ExtendOptions {
  /** how many objectives it shall be for, more than now */
  objectiveCount: number;
  random: Random;
  /** [added][d], MoSLoRA only; see `addedObjectiveVectors` */
  addedVectors?: readonly (readonly number[])[];
}

/**
 * The same adapter for more objectives, the new ones last: a preference in which those count nothing is answered as before.
 * MoSLoRA gains the new objectives' vectors and no tensor; PBLoRA a fresh core matrix for each. A LoRA sees no preference:
 * a new objective has an adapter of its own.
 * @throws UniArmError adapter-not-extendable
 */
export function extendAdapter(adapter: Adapter, { objectiveCount, random, addedVectors = [] }: ExtendOptions): Adapter {
  const { config, modules, objectiveCount: before } = adapter;
  if (config.kind !== "moslora" && config.kind !== "pblora")
    throw new UniArmError(
      "adapter-not-extendable",
      `A ${config.kind} adapter is for one objective: an added objective has an adapter of its own.`,
    );
  const copy = copyAdapter(adapter);
  if (config.kind === "moslora") {
    const { objectiveVectors } = copy;
    const vectors = tf.tidy(() => tf.concat([objectiveVectors!, tf.tensor2d(addedVectors.map((row) => [...row]))], 0));
    objectiveVectors!.dispose();
    return ownedBy({ ...copy, objectiveCount, objectiveVectors: tf.keep(vectors) });
  }
  const fresh = adapterTensors(config, modules, objectiveCount - before, 0);
  for (const spec of fresh) {
    const known = copy.tensors[spec.name]!;
    if (!spec.name.endsWith(".pblora_W2")) continue;
    copy.tensors[spec.name] = tf.tidy(() => {
      const added = tf.tensor2d(drawStart(spec, random), [...spec.shape]);
      return tf.variable(tf.concat([known as tf.Tensor2D, added], 0));
    });
    known.dispose();
  }
  return ownedBy({ ...copy, objectiveCount });
}

/** An adapter that disposes of the tensors that it has now. */
function ownedBy(adapter: Adapter): Adapter {
  const { tensors, objectiveVectors } = adapter;
  return {
    ...adapter,
    dispose: () => {
      tf.dispose(tensors);
      objectiveVectors?.dispose();
    },
  };
}
