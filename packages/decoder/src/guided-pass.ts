import { createKvCache, forward, logitsOf, tf, type AdapterRows, type KvCache, type Transformer } from "@uniarm/core";
import { distinctPrompts, placesOf } from "./distinct-rows.ts";
import type { Lane } from "./lanes.ts";
import type { DecodingRow } from "./rows.ts";

/** What one model computes for each token: N rows a part; null is the model without an adapter. */
export interface Pass {
  readonly model: Transformer;
  readonly parts: readonly (Lane | null)[];
  cache: KvCache;
  /** the parts' adapters bound to the rows' preferences */
  adapters: readonly AdapterRows[];
}

export type PassPlan = Pick<Pass, "model" | "parts">;

/** Reads the prompts -> the pass with its cache, and the logits of the first tokens [parts * N, V]. */
export function prefillPass(
  { model, parts }: PassPlan,
  rows: readonly DecodingRow[],
  newTokens: number,
  base: Transformer,
): { pass: Pass; logits: tf.Tensor2D } {
  const groups = parts.map((part) => (part === null ? distinctPrompts(rows) : part.distinct(rows)));
  const prompts = groups.flatMap((group) =>
    group.rows.map(({ prompt }) => (model === base ? prompt.ids : (prompt.armIds ?? prompt.ids))),
  );
  const columns = Math.max(...prompts.map((ids) => ids.length));
  const padding = prompts.map((ids) => columns - ids.length);
  const padded = prompts.map((ids, index) => [...new Array<number>(padding[index]!).fill(0), ...ids]);
  const places = placesOf(groups); // [parts * N] the row of the prompt pass that each row of the batch continues

  const promptCache = createKvCache(model, padding, columns + newTokens);
  try {
    const logits = tf.tidy(() => {
      const adapters = bindParts(
        parts,
        groups.map((group) => group.rows),
      );
      const hidden = forward(model, padded, { padding, adapters, cache: promptCache }); // [R,T,d]
      const last = tf.squeeze(tf.slice(hidden, [0, columns - 1, 0], [-1, 1, -1]), [1]); // [R,d]
      return tf.gather(logitsOf(model, last, adapters), tf.tensor1d(places, "int32")) as tf.Tensor2D; // [parts * N, V]
    });
    const cache = promptCache.gatherRows(places);
    return { pass: { model, parts, cache, adapters: keptAdapters(parts, rows) }, logits };
  } finally {
    promptCache.dispose();
  }
}

/** One token a row -> logits of the next [parts * N, V]; for the caller's tidy. */
export function advancePass({ model, parts, cache, adapters }: Pass, tokens: readonly number[]): tf.Tensor2D {
  const ids = parts.flatMap(() => tokens.map((token) => [token])); // [parts * N][1]
  const hidden = tf.squeeze(forward(model, ids, { adapters, cache }), [1]); // [parts * N, d]
  return logitsOf(model, hidden, adapters) as tf.Tensor2D;
}

/** Drops all rows but `kept`. @param count rows before @param rows those that are left */
export function keepPassRows(pass: Pass, kept: readonly number[], count: number, rows: readonly DecodingRow[]): void {
  const smaller = pass.cache.gatherRows(pass.parts.flatMap((_, part) => kept.map((row) => part * count + row)));
  disposePass(pass);
  pass.cache = smaller;
  pass.adapters = keptAdapters(pass.parts, rows);
}

export function disposePass({ cache, adapters }: Pass): void {
  cache.dispose();
  for (const { adapter } of adapters) tf.dispose([...adapter.modulation]);
}

/** The parts' adapters bound to the batch's rows, for all its tokens. */
function keptAdapters(parts: Pass["parts"], rows: readonly DecodingRow[]): AdapterRows[] {
  return tf.scoped(() => {
    const bound = bindParts(
      parts,
      parts.map(() => rows),
    );
    for (const { adapter } of bound) for (const tensor of adapter.modulation) tf.keep(tensor);
    return bound;
  });
}

/** @param rowsOf the rows of each part */
function bindParts(parts: Pass["parts"], rowsOf: readonly (readonly DecodingRow[])[]): AdapterRows[] {
  let start = 0;
  return parts.flatMap((part, index): AdapterRows[] => {
    const rows = rowsOf[index]!;
    const first = start;
    start += rows.length;
    if (part === null) return [];
    return [{ adapter: part.bind(rows), start: first, count: rows.length }];
  });
}
