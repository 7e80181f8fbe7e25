import type { NormWeights } from "../layers/norms.ts";
import { disposeMatrix } from "../tensor/matrix.ts";
import * as tf from "../tensor/tf.ts";
import type { Transformer } from "./transformer.ts";

/** Frees all that a model holds on the engine. */
export function disposeTransformer({ weights, rotary }: Transformer): void {
  for (const { inputNorm, attentionNorm, headNorms, qkv, o, gateUp, down } of weights.layers) {
    tf.dispose([normTensors(inputNorm), normTensors(attentionNorm), Object.values(headNorms ?? {})]);
    for (const { matrix, bias } of [qkv, o, gateUp, down].flat()) {
      disposeMatrix(matrix);
      bias?.dispose();
    }
  }
  tf.dispose(normTensors(weights.norm));
  if (weights.head) disposeMatrix(weights.head);
  if (weights.head?.values !== weights.embedding) weights.embedding.dispose();
  weights.positions?.dispose();
  tf.dispose([rotary.cos, rotary.sin, ...rotary.outgrown]);
}

const normTensors = ({ weight, bias }: NormWeights): tf.Tensor[] => (bias ? [weight, bias] : [weight]);
