import { drawGuided, logSoftmaxAt, nativeOps, tf, type Random } from "@uniarm/core";
import type { SamplingConfig } from "@uniarm/core/schema";
import { drawableOf, scoresOf } from "./guide.ts";
import type { GuidedLogits } from "./guided-batch.ts";
import { drawToken } from "./sampling.ts";

/** The next token of each row, and its log-probability (nats) under the guided distribution, before any filtering. */
export interface Chosen {
  ids: number[];
  logProbs: number[];
}

/**
 * Chooses by the guided distribution. Where the engine has native operations for it, only the tokens leave the engine; else
 * greedy stays on the engine, and sampling brings the rows, or their topK candidates, to JavaScript for each token.
 * @param randoms one stream per row; greedy draws nothing
 */
export async function chooseTokens(
  next: GuidedLogits,
  sampling: SamplingConfig,
  randoms: readonly Random[],
): Promise<Chosen> {
  if (nativeOps()) {
    const greedy = sampling.temperature === 0;
    const uniforms = randoms.map((random) => (greedy ? 0 : random.uniform()));
    const { ids, logProbs } = tf.tidy(() => {
      const { logits, coefficients } = drawableOf(next);
      return drawGuided(logits, coefficients, sampling, uniforms);
    });
    return read(ids, logProbs);
  }
  const scores = tf.tidy(() => scoresOf(next));
  try {
    return await (sampling.temperature === 0 ? chooseLargest(scores) : chooseAtRandom(scores, sampling, randoms));
  } finally {
    scores.dispose();
  }
}

async function chooseAtRandom(
  scores: tf.Tensor2D,
  sampling: SamplingConfig,
  randoms: readonly Random[],
): Promise<Chosen> {
  const [rows, vocabulary] = scores.shape;
  const filtered = sampling.topK > 0 && sampling.topK < vocabulary;
  const width = filtered ? sampling.topK : vocabulary;
  const tensors = tf.tidy((): tf.Tensor[] => {
    const logProbs = tf.logSoftmax(scores);
    if (!filtered) return [logProbs];
    const top = tf.topk(logProbs, width, true);
    return [top.values, top.indices];
  });
  try {
    const [logProbs, candidates] = await Promise.all([tensors[0]!.data<"float32">(), tensors[1]?.data<"int32">()]);
    const chosen: Chosen = { ids: [], logProbs: [] };
    for (let row = 0; row < rows; row++) {
      const place = row * width + drawToken(logProbs.subarray(row * width, (row + 1) * width), sampling, randoms[row]!);
      chosen.ids.push(candidates ? candidates[place]! : place - row * width);
      chosen.logProbs.push(logProbs[place]!);
    }
    return chosen;
  } finally {
    tf.dispose(tensors);
  }
}

async function chooseLargest(scores: tf.Tensor2D): Promise<Chosen> {
  const [ids, logProbs] = tf.tidy(() => {
    const largest: tf.Tensor1D = tf.argMax(scores, 1);
    return [largest, logSoftmaxAt(scores, largest)] as const;
  });
  return read(ids, logProbs);
}

/** The values of both tensors, which are then freed. */
async function read(ids: tf.Tensor1D, logProbs: tf.Tensor1D): Promise<Chosen> {
  try {
    const [idValues, values] = await Promise.all([ids.data<"int32">(), logProbs.data<"float32">()]);
    return { ids: Array.from(idValues), logProbs: Array.from(values) };
  } finally {
    tf.dispose([ids, logProbs]);
  }
}
