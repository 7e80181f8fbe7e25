import type { SamplingConfig } from "../schema/sampling.ts";
import { executeOp, nativeType } from "./native.ts";
import * as tf from "./tf.ts";

/**
 * The next token of each of N rows on the engine itself: logits [(1 + L) N, V] of the base and then of L ARMs,
 * coefficients [L][N]; the guided scores are base + sum_l c_l arm_l. Only on engines with `nativeOps`.
 * @param uniforms a number in [0, 1) a row, which decides the draw
 * @returns ids [N] int32 and their log-probabilities [N] (nats) under the guided distribution, before any filtering
 */
export function drawGuided(
  logits: tf.Tensor2D,
  coefficients: readonly (readonly number[])[],
  { temperature, topK, topP }: Pick<SamplingConfig, "temperature" | "topK" | "topP">,
  uniforms: readonly number[],
): { ids: tf.Tensor1D; logProbs: tf.Tensor1D } {
  return tf.tidy(() => {
    const attributes = {
      T: { type: nativeType(logits) },
      temperature: { float: temperature },
      top_k: { int: topK },
      top_p: { float: topP },
    };
    const rows = uniforms.length;
    // float32 twice holds what float64 says
    const pairs = uniforms.flatMap((uniform) => [Math.fround(uniform), uniform - Math.fround(uniform)]);
    const inputs = [
      logits,
      tf.tensor2d(Float32Array.from(coefficients.flat()), [coefficients.length, rows]),
      tf.tensor2d(Float32Array.from(pairs), [rows, 2]),
    ];
    const [ids, logProbs] = executeOp("UniarmGuidedDraw", attributes, inputs, 2);
    return { ids: ids as tf.Tensor1D, logProbs: logProbs as tf.Tensor1D };
  });
}
