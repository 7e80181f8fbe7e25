import { setImmediate } from "node:timers/promises";
import type { Tokenizer } from "@uniarm/core";
import type { Generation, SamplingConfig, TopLogProbs } from "@uniarm/core/schema";
import { openBaseLogProbs, readBaseLogProbs } from "./base-log-probs.ts";
import { chooseTokens } from "./choose.ts";
import { finishOf } from "./finish.ts";
import { advance, disposeBatch, keepRows, prefill, type GuidedModels } from "./guided-batch.ts";
import { disposeStates, eachOfRows, sharesHead, type GuidedStates } from "./guided-states.ts";
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
  let next: GuidedStates | null = first;
  const addBase = (row: number, nats: number): void => {
    checkFinite(nats, rows[row]!);
    results[row]!.baseLogProbNats = (results[row]!.baseLogProbNats ?? 0) + nats;
  };
  const baseLater = openBaseLogProbs(decoder.model, addBase);
  try {
    for (;;) {
      const isAlone = next.coefficients.length === 0; // then the base's distribution is the guided one
      const isShared = sharesHead(next);
      const tokens = await eachOfRows(next, readsLogProbs(options), async (logits, places): Promise<ChosenToken[]> => {
        const among = places.map((place) => live[place]!);
        const soFar = among.map((row) => ({
          random: randoms[row]!,
          promptIds: rows[row]!.prompt.ids,
          tokenIds: results[row]!.tokenIds,
        }));
        const { ids, logProbs } = await chooseTokens(logits, sampling, soFar, eosTokenIds);
        among.forEach((row, index) => {
          checkFinite(logProbs[index]!, rows[row]!);
        });
        const read = readsLogProbs(options)
          ? await readTopLogProbs(
              logits,
              ids,
              { lanes: batch.lanes, rows: among.map((row) => rows[row]!) },
              decoder.arms.length,
              options.topLogProbs ?? 0,
            )
          : null;
        const base = !isShared && !isAlone ? await readBaseLogProbs(logits, ids) : null;
        among.forEach((row, index) => {
          if (base) addBase(row, base[index]!);
        });
        return ids.map((id, index) => ({ id, logProb: logProbs[index]!, read: read?.[index] }));
      });
      if (isShared && !isAlone)
        await baseLater.add(
          next,
          tokens.map(({ id }) => id),
          live,
        );
      disposeStates(next);
      next = null;
      live.forEach((row, place) => {
        const result = results[row]!;
        const token = tokens[place]!;
        addToken(result, token);
        if (isAlone) result.baseLogProbNats = result.logProbNats;
        const finish = finishOf(result.tokenIds, isStopped(result.tokenIds), { eosTokenIds, maxNewTokens });
        if (finish === null) return;
        result.finish = finish;
        ended.add(row);
      });
      if (ended.size === rows.length) await baseLater.finish();
      yield ended.size;
      if (ended.size === rows.length) return results;
      await setImmediate();
      signal?.throwIfAborted();

      const kept = [...live.keys()].filter((place) => !ended.has(live[place]!));
      if (kept.length < live.length) keepRows(batch, kept);
      live = kept.map((place) => live[place]!);
      next = advance(
        batch,
        kept.map((place) => tokens[place]!.id),
      );
    }
  } finally {
    if (next) disposeStates(next);
    baseLater.dispose();
    disposeBatch(batch);
  }
}

/** The next token of a row. */
interface ChosenToken {
  id: number;
  /** nats, under the guided distribution */
  logProb: number;
  read: TopLogProbs | undefined;
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

function addToken(result: Generated, { id, logProb, read }: ChosenToken): void {
  result.tokenIds.push(id);
  result.logProbNats += logProb;
  if (!read) return;
  result.topLogProbs?.push(read);
  if (result.armLogProbNats !== undefined) result.armLogProbNats += read.chosen.arm;
}

function checkFinite(logProb: number, { prompt }: DecodingRow): void {
  if (!Number.isFinite(logProb)) throw notFinite(prompt.id, logProb);
}
