import { setImmediate } from "node:timers/promises";
import type { Generation, SamplingConfig } from "@uniarm/core/schema";
import { chooseTokens, type Chosen } from "./choose.ts";
import { advance, disposeBatch, keepRows, prefill, type GuidedLogits, type GuidedModels } from "./guided-batch.ts";
import { notFinite } from "./not-finite.ts";
import { randomOf, type DecodingRow } from "./rows.ts";

/** Models and the tokens that end a response. */
export interface Decoder extends GuidedModels {
  eosTokenIds: ReadonlySet<number>;
}

export interface GenerateOptions {
  sampling: SamplingConfig;
  maxNewTokens: number;
  seed: number;
  signal?: AbortSignal | undefined;
}

export type Generated = Pick<Generation, "tokenIds" | "finish" | "logProbNats">;

/** Finished rows leave the batch once they are this share of it: leaving copies the cache, staying costs a row a token. */
const DROP_SHARE = 0.25;

/**
 * Decodes the rows of one batch, one forward pass a token for the base and all its ARMs. After each token it yields how
 * many rows have finished, and lets the event loop run.
 * @returns one entry per row, in order
 * @throws the signal's reason when it is aborted; UniArmError decode-not-finite, ids-out-of-range, context-exceeded
 */
export async function* generate(
  decoder: Decoder,
  rows: readonly DecodingRow[],
  options: GenerateOptions,
): AsyncGenerator<number, Generated[]> {
  const { sampling, maxNewTokens, seed, signal } = options;
  const results = rows.map((): Generated => ({ tokenIds: [], finish: "length", logProbNats: 0 }));
  const randoms = rows.map((row) => randomOf(row, seed));
  let live = rows.map((_, row) => row); // row number of each row still in the batch
  let finished = 0;
  signal?.throwIfAborted();

  const { batch, next: first } = prefill(decoder, rows, maxNewTokens);
  let next: GuidedLogits | null = first;
  try {
    for (let tokens = 1; ; tokens++) {
      const chosen = await chooseTokens(
        next,
        sampling,
        live.map((row) => randoms[row]!),
      );
      next.logits.dispose();
      next = null;
      checkFinite(chosen, live, rows);
      live.forEach((row, place) => {
        const result = results[row]!;
        if (result.finish === "eos") return;
        result.tokenIds.push(chosen.ids[place]!);
        result.logProbNats += chosen.logProbs[place]!;
        if (!decoder.eosTokenIds.has(chosen.ids[place]!)) return;
        result.finish = "eos";
        finished += 1;
      });
      const done = finished === rows.length || tokens === maxNewTokens;
      yield done ? rows.length : finished;
      if (done) return results;
      await setImmediate();
      signal?.throwIfAborted();

      const kept = [...live.keys()].filter((place) => results[live[place]!]!.finish !== "eos");
      const drop = live.length - kept.length >= DROP_SHARE * live.length;
      if (drop) keepRows(batch, kept);
      const ids = drop ? kept.map((place) => chosen.ids[place]!) : chosen.ids;
      if (drop) live = kept.map((place) => live[place]!);
      next = advance(batch, ids);
    }
  } finally {
    next?.logits.dispose();
    disposeBatch(batch);
  }
}

function checkFinite({ logProbs }: Chosen, live: readonly number[], rows: readonly DecodingRow[]): void {
  const place = logProbs.findIndex((value) => !Number.isFinite(value));
  if (place >= 0) throw notFinite(rows[live[place]!]!.prompt.id, logProbs[place]!);
}
