import { drawGuided, logSoftmaxAt, nativeOps, tf } from "@uniarm/core";
import type { SamplingConfig } from "@uniarm/core/schema";
import { drawableOf, scoresOf } from "./guide.ts";
import type { GuidedLogits } from "./guided-logits.ts";
import { changesScores, normaliseScores, processScores, type RowSoFar } from "./process-scores.ts";
import { drawToken } from "./sampling.ts";

/** The next token of each row, and its log-probability (nats) under the guided distribution, before any processing. */
export interface Chosen {
  ids: number[];
  logProbs: number[];
}

/**
 * Chooses by the guided distribution. Where the engine has native operations for it, only the tokens leave the engine; else
 * greedy stays on the engine, and sampling brings the rows, or their topK candidates, to JavaScript for each token. Settings
 * that change scores bring whole rows there on every engine.
 * @param rows their streams and tokens so far; greedy draws nothing
 */
export async function chooseTokens(
  next: GuidedLogits,
  sampling: SamplingConfig,
  rows: readonly RowSoFar[],
  eosTokenIds: ReadonlySet<number>,
): Promise<Chosen> {
  const isChanged = changesScores(sampling, rows);
  if (nativeOps() && !isChanged && sampling.minP === 0) {
    const greedy = sampling.temperature === 0;
    const uniforms = rows.map(({ random }) => (greedy ? 0 : random.uniform()));
    const { ids, logProbs } = tf.tidy(() => {
      const { logits, coefficients } = drawableOf(next);
      return drawGuided(logits, coefficients, sampling, uniforms);
    });
    return read(ids, logProbs);
  }
  const scores = tf.tidy(() => scoresOf(next));
  try {
    if (isChanged) return await chooseProcessed(scores, sampling, rows, eosTokenIds);
    return await (sampling.temperature === 0 ? chooseLargest(scores) : chooseAtRandom(scores, sampling, rows));
  } finally {
    scores.dispose();
  }
}

async function chooseProcessed(
  scores: tf.Tensor2D,
  sampling: SamplingConfig,
  rows: readonly RowSoFar[],
  eosTokenIds: ReadonlySet<number>,
): Promise<Chosen> {
  const vocabulary = scores.shape[1];
  const values = await scores.data<"float32">();
  const ids = rows.map((row, place) => {
    const line = values.slice(place * vocabulary, (place + 1) * vocabulary);
    processScores(line, sampling, row, eosTokenIds);
    if (sampling.temperature > 0) normaliseScores(line);
    return drawToken(line, sampling, row.random);
  });
  const [chosen, logProbs] = tf.tidy(() => {
    const tokens = tf.tensor1d(ids, "int32");
    return [tokens, logSoftmaxAt(scores, tokens)] as const;
  });
  return read(chosen, logProbs);
}

async function chooseAtRandom(
  scores: tf.Tensor2D,
  sampling: SamplingConfig,
  rows: readonly RowSoFar[],
): Promise<Chosen> {
  const vocabulary = scores.shape[1];
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
    for (const [row, { random }] of rows.entries()) {
      const place = row * width + drawToken(logProbs.subarray(row * width, (row + 1) * width), sampling, random);
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
