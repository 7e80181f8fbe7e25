import { setImmediate } from "node:timers/promises";
import type { Tokenizer } from "@uniarm/core";
import type { Generation, SamplingConfig, TopLogProbs } from "@uniarm/core/schema";
import { readBaseLogProbs } from "./base-log-probs.ts";
import { chooseTokens, type Chosen } from "./choose.ts";
import { finishOf } from "./finish.ts";
import { advance, disposeBatch, keepRows, prefill, type GuidedModels } from "./guided-batch.ts";
import type { GuidedLogits } from "./guided-logits.ts";
import { notFinite } from "./not-finite.ts";
import { randomOf, type DecodingRow } from "./rows.ts";
import { stopCheck } from "./stop-text.ts";
import { readTopLogProbs } from "./top-log-probs.ts";

/** Models and the tokens that end a response. */
export interface Decoder extends GuidedModels {
  eosTokenIds: ReadonlySet<number>;
  /** reads responses where there are stop strings */
  tokenizer?: Tokenizer;
}

export interface GenerateOptions {
  sampling: SamplingConfig;
  maxNewTokens: number;
  seed: number;
  /** read the log-probabilities of chosen tokens and of so many likeliest ones; default: not at all */
  topLogProbs?: number | undefined;
  /** run the base model also where it does not count: what it says of a response is summed wherever it is run */
  baseLogProbs?: boolean | undefined;
  /** sum what the ARMs say of the response */
  armLogProbs?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export type Generated = Pick<
  Generation,
  "tokenIds" | "finish" | "logProbNats" | "baseLogProbNats" | "armLogProbNats" | "topLogProbs"
>;

/**
 * Decodes the rows of one batch, one forward pass a token for the base and all its ARMs. After each token it yields how
 * many rows have finished, and lets the event loop run.
 * @returns one entry per row, in order
 * @throws the signal's reason when it is aborted; UniArmError decode-not-finite, ids-out-of-range, context-exceeded,
 * stop-without-tokenizer
 */
export async function* generate(
  decoder: Decoder,
  rows: readonly DecodingRow[],
  options: GenerateOptions,
): AsyncGenerator<number, Generated[]> {
  const { sampling, maxNewTokens, seed, signal } = options;
  const { eosTokenIds } = decoder;
  const results = rows.map((): Generated => emptyResponse(options));
  const randoms = rows.map((row) => randomOf(row, seed));
  const isStopped = stopCheck(decoder.tokenizer, sampling.stop);
  const ended = new Set<number>();
  let live = rows.map((_, row) => row); // row number of each row still in the batch
  signal?.throwIfAborted();

  const { batch, next: first } = prefill(decoder, rows, maxNewTokens, readsLogProbs(options) || options.baseLogProbs);
  let next: GuidedLogits | null = first;
  try {
    for (;;) {
      const soFar = live.map((row) => ({
        random: randoms[row]!,
        promptIds: rows[row]!.prompt.ids,
        tokenIds: results[row]!.tokenIds,
      }));
      const chosen = await chooseTokens(next, sampling, soFar, eosTokenIds);
      checkFinite(chosen.logProbs, live, rows);
      const read = readsLogProbs(options)
        ? await readTopLogProbs(next, chosen.ids, batch, decoder.arms.length, options.topLogProbs ?? 0)
        : null;
      const isAlone = next.coefficients.length === 0; // then the base's distribution is the guided one
      const base = isAlone ? chosen.logProbs : await readBaseLogProbs(next, chosen.ids);
      if (base) checkFinite(base, live, rows);
      next.logits.dispose();
      next = null;
      live.forEach((row, place) => {
        const result = results[row]!;
        addToken(result, chosen, place, read?.[place]);
        if (base) result.baseLogProbNats = (result.baseLogProbNats ?? 0) + base[place]!;
        const finish = finishOf(result.tokenIds, isStopped(result.tokenIds), { eosTokenIds, maxNewTokens });
        if (finish === null) return;
        result.finish = finish;
        ended.add(row);
      });
      yield ended.size;
      if (ended.size === rows.length) return results;
      await setImmediate();
      signal?.throwIfAborted();

      const kept = [...live.keys()].filter((place) => !ended.has(live[place]!));
      if (kept.length < live.length) keepRows(batch, kept);
      live = kept.map((place) => live[place]!);
      next = advance(
        batch,
        kept.map((place) => chosen.ids[place]!),
      );
    }
  } finally {
    next?.logits.dispose();
    disposeBatch(batch);
  }
}

const readsLogProbs = ({ topLogProbs = 0, armLogProbs = false }: GenerateOptions): boolean =>
  topLogProbs > 0 || armLogProbs;

function emptyResponse({ topLogProbs = 0, armLogProbs = false }: GenerateOptions): Generated {
  return {
    tokenIds: [],
    finish: "length",
    logProbNats: 0,
    ...(armLogProbs ? { armLogProbNats: 0 } : {}),
    ...(topLogProbs > 0 ? { topLogProbs: [] } : {}),
  };
}

function addToken(result: Generated, chosen: Chosen, place: number, read: TopLogProbs | undefined): void {
  result.tokenIds.push(chosen.ids[place]!);
  result.logProbNats += chosen.logProbs[place]!;
  if (!read) return;
  result.topLogProbs?.push(read);
  if (result.armLogProbNats !== undefined) result.armLogProbNats += read.chosen.arm;
}

function checkFinite(logProbs: ArrayLike<number>, live: readonly number[], rows: readonly DecodingRow[]): void {
  const place = Array.from(logProbs).findIndex((value) => !Number.isFinite(value));
  if (place >= 0) throw notFinite(rows[live[place]!]!.prompt.id, logProbs[place]!);
}
