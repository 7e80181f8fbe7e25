import type { NormWeights } from "../layers/norms.ts";
import { disposeRotary } from "../layers/rotary.ts";
import { disposeMatrix } from "../tensor/matrix.ts";
import * as tf from "../tensor/tf.ts";
import type { Transformer } from "./transformer.ts";

/** Frees all that a model holds on the engine. */
export function disposeTransformer({ weights, rotary }: Transformer): void {
  for (const layer of weights.layers) {
    const { inputNorm, afterAttentionNorm, attentionNorm, afterMlpNorm, headNorms, experts } = layer;
    for (const norm of [inputNorm, afterAttentionNorm, attentionNorm, afterMlpNorm])
      if (norm) tf.dispose(normTensors(norm));
    tf.dispose(Object.values(headNorms ?? {}));
    for (const { matrix, bias } of [layer.qkv, layer.o, layer.gateUp, layer.down].flat()) {
      disposeMatrix(matrix);
      bias?.dispose();
    }
    if (experts) [experts.router, ...experts.gateUp, ...experts.down].forEach(disposeMatrix);
  }
  tf.dispose(normTensors(weights.norm));
  const { head, embedding } = weights;
  if (head) disposeMatrix(head);
  if ("kind" in embedding) {
    if (head !== embedding) disposeMatrix(embedding);
  } else if (head?.values !== embedding) embedding.dispose();
  weights.positions?.dispose();
  disposeRotary(rotary);
}

const normTensors = ({ weight, bias }: NormWeights): tf.Tensor[] => (bias ? [weight, bias] : [weight]);
