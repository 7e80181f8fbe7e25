import { setImmediate } from "node:timers/promises";
import { tf } from "@uniarm/core";
import { stepBeams, type Beam, type BeamRules, type Hypothesis, type NextLogProbs } from "./beams.ts";
import { finishOf } from "./finish.ts";
import type { Decoder, Generated, GenerateOptions } from "./generate.ts";
import { scoresOf } from "./guide.ts";
import { advance, disposeBatch, keepRows, prefill } from "./guided-batch.ts";
import type { GuidedLogits } from "./guided-logits.ts";
import { disposeStates, eachOfRows, type GuidedStates } from "./guided-states.ts";
import { notFinite } from "./not-finite.ts";
import { changesScores, normaliseScores, processScores } from "./process-scores.ts";
import type { DecodingRow } from "./rows.ts";
import { stopCheck } from "./stop-text.ts";

export interface BeamOptions extends Pick<GenerateOptions, "sampling" | "maxNewTokens" | "signal"> {
  beams: number;
  lengthPenalty: number;
}

interface Search {
  row: DecodingRow;
  live: (Beam & { from: number })[];
  best: Hypothesis | null;
}

/** The likeliest response that beam search finds to each row, under the guided distribution. Yields and throws as `generate`. */
export async function* beamSearch(
  decoder: Decoder,
  rows: readonly DecodingRow[],
  options: BeamOptions,
): AsyncGenerator<number, Generated[]> {
  const { sampling, maxNewTokens, signal } = options;
  const { eosTokenIds } = decoder;
  const isStopped = stopCheck(decoder.tokenizer, sampling.stop);
  const rules: BeamRules = {
    ...options,
    endings: eosTokenIds.size,
    finishOf: (tokenIds) => finishOf(tokenIds, isStopped(tokenIds), { eosTokenIds, maxNewTokens }),
  };
  const searches = rows.map((row): Search => {
    return { row, live: [{ tokenIds: [], score: 0, logProbNats: 0, from: 0 }], best: null };
  });
  signal?.throwIfAborted();

  const { batch, next: first } = prefill(decoder, rows, maxNewTokens);
  let next: GuidedStates | null = first;
  try {
    for (;;) {
      const lines = await eachOfRows(next, false, scoreLines);
      disposeStates(next);
      next = null;
      const kept: number[] = []; // place in the batch of the beam that each beam of the next token continues
      let start = 0;
      for (const search of searches) {
        const { row, live } = search;
        const logProbs = live.map((beam, place) =>
          nextLogProbs(lines[start + place]!, beam, row, sampling, eosTokenIds),
        );
        if (live.length > 0) Object.assign(search, stepBeams(live, logProbs, search.best, rules));
        kept.push(...search.live.map(({ from }) => start + from));
        start += live.length;
      }
      yield searches.filter(({ live }) => live.length === 0).length;
      if (kept.length === 0) return searches.map(({ best }) => responseOf(best!));
      await setImmediate();
      signal?.throwIfAborted();
      keepRows(batch, kept);
      next = advance(
        batch,
        searches.flatMap(({ live }) => live.map(({ tokenIds }) => tokenIds.at(-1)!)),
      );
    }
  } finally {
    if (next) disposeStates(next);
    disposeBatch(batch);
  }
}

/** The guided scores, one line [V] for each row. */
async function scoreLines(next: GuidedLogits): Promise<Float32Array[]> {
  const scores = tf.tidy(() => scoresOf(next));
  try {
    const [rows, vocabulary] = scores.shape;
    const values = await scores.data<"float32">();
    return Array.from({ length: rows }, (_, row) => values.slice(row * vocabulary, (row + 1) * vocabulary));
  } finally {
    scores.dispose();
  }
}

/** @throws UniArmError decode-not-finite */
function nextLogProbs(
  scores: Float32Array,
  { tokenIds }: Beam,
  { prompt }: DecodingRow,
  sampling: BeamOptions["sampling"],
  eosTokenIds: ReadonlySet<number>,
): NextLogProbs {
  const guided = scores.slice();
  normaliseScores(guided);
  const broken = guided.find(Number.isNaN);
  if (broken !== undefined) throw notFinite(prompt.id, broken);
  if (!changesScores(sampling, [{ tokenIds }])) return { compared: guided, guided };
  const compared = scores; // nobody needs it as it was
  processScores(compared, sampling, { promptIds: prompt.ids, tokenIds }, eosTokenIds);
  normaliseScores(compared);
  return { compared, guided };
}

const responseOf = ({ tokenIds, finish, logProbNats }: Hypothesis): Generated => ({
  tokenIds: [...tokenIds],
  finish,
  logProbNats,
});
