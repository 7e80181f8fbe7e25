import {
  bindAdapter,
  createKvCache,
  forward,
  logitsOf,
  tf,
  type Adapter,
  type AdapterRows,
  type KvCache,
  type Transformer,
} from "@uniarm/core";
import type { DecodingRow } from "./rows.ts";

/**
 * N rows that are decoded together. Their tokens go through the transformer once for the base model and once for each
 * reward model, as one batch of (1 + L) N rows: base rows first, then N rows of each lane.
 */
export interface GuidedBatch {
  readonly model: Transformer;
  readonly lanes: readonly Lane[];
  rows: readonly DecodingRow[];
  cache: KvCache;
  /** the lanes' adapters bound to the rows' preferences */
  adapters: readonly AdapterRows[];
}

/** What the base model and the lanes say of the rows' next tokens. */
export interface GuidedLogits {
  /** [(1 + L) N, V]: N base rows, then N of each lane */
  logits: tf.Tensor2D;
  /** [L][N]: c_l of each row */
  coefficients: readonly (readonly number[])[];
}

/** A reward model that some row of the batch listens to; `arm` is its place among the checkpoint's. */
export interface Lane {
  readonly adapter: Adapter;
  readonly arm: number;
}

/**
 * Reads the prompts: once for the base model and each prompt, once for each (prompt, preference) of a reward model that
 * sees the preference. Rows that share a prompt then share copies of its keys and values.
 * @param newTokens how many tokens will follow at most: the cache has room for them
 * @returns the batch (end it with `disposeBatch`) and what is said of the first token
 */
export function prefill(
  model: Transformer,
  arms: readonly Adapter[],
  rows: readonly DecodingRow[],
  newTokens: number,
): { batch: GuidedBatch; next: GuidedLogits } {
  const lanes = lanesOf(arms, rows);
  const parts = [
    distinct(rows, promptOf),
    ...lanes.map(({ adapter }) => distinct(rows, adapter.config.kind === "lora" ? promptOf : promptAndPreference)),
  ];
  const prompts = parts.flatMap((part) => part.rows.map((row) => row.prompt.ids));
  const columns = Math.max(...prompts.map((ids) => ids.length));
  const padding = prompts.map((ids) => columns - ids.length);
  const padded = prompts.map((ids, index) => [...new Array<number>(padding[index]!).fill(0), ...ids]);
  const places = placesOf(parts); // [(1 + L) N] row of the prompt pass that each row of the batch goes on from

  const promptCache = createKvCache(model, padding, columns + newTokens);
  try {
    const logits = tf.tidy(() => {
      const adapters = bindLanes(
        lanes,
        parts.map((part) => part.rows),
      );
      const hidden = forward(model, padded, { padding, adapters, cache: promptCache }); // [R,T,d]
      const last = tf.squeeze(tf.slice(hidden, [0, columns - 1, 0], [-1, 1, -1]), [1]); // [R,d]
      return tf.gather(logitsOf(model, last), tf.tensor1d(places, "int32")) as tf.Tensor2D; // [(1 + L) N, V]
    });
    const cache = promptCache.gatherRows(places);
    return {
      batch: { model, lanes, rows, cache, adapters: keptAdapters(lanes, rows) },
      next: { logits, coefficients: coefficientsOf(lanes, rows) },
    };
  } finally {
    promptCache.dispose();
  }
}

/** Feeds one token a row -> what is said of the next. */
export function advance({ model, lanes, rows, cache, adapters }: GuidedBatch, tokens: readonly number[]): GuidedLogits {
  const logits = tf.tidy(() => {
    const ids = [tokens, ...lanes.map(() => tokens)].flat().map((token) => [token]); // [(1 + L) N][1]
    const hidden = tf.squeeze(forward(model, ids, { adapters, cache }), [1]); // [(1 + L) N, d]
    return logitsOf(model, hidden) as tf.Tensor2D;
  });
  return { logits, coefficients: coefficientsOf(lanes, rows) };
}

/** Drops all rows of the batch but `kept`. */
export function keepRows(batch: GuidedBatch, kept: readonly number[]): void {
  const count = batch.rows.length;
  const smaller = batch.cache.gatherRows(
    [0, ...batch.lanes.map((_, lane) => lane + 1)].flatMap((part) => kept.map((row) => part * count + row)),
  );
  disposeBatch(batch);
  batch.cache = smaller;
  batch.rows = kept.map((row) => batch.rows[row]!);
  batch.adapters = keptAdapters(batch.lanes, batch.rows);
}

export function disposeBatch({ cache, adapters }: GuidedBatch): void {
  cache.dispose();
  for (const { adapter } of adapters) tf.dispose([...adapter.modulation]);
}

/** The lanes bound to the batch's rows, for all its tokens. */
function keptAdapters(lanes: readonly Lane[], rows: readonly DecodingRow[]): AdapterRows[] {
  return tf.scoped(() => {
    const bound = bindLanes(lanes, [rows, ...lanes.map(() => rows)]);
    for (const { adapter } of bound) for (const tensor of adapter.modulation) tf.keep(tensor);
    return bound;
  });
}

/** A reward model with coefficient 0 in every row says nothing and is not run. */
function lanesOf(arms: readonly Adapter[], rows: readonly DecodingRow[]): Lane[] {
  const lanes = arms.map((adapter, arm): Lane => ({ adapter, arm }));
  return lanes.filter(({ arm }) => rows.some((row) => (row.coefficients[arm] ?? 0) !== 0));
}

/** `parts[0]` are the base model's rows, `parts[l + 1]` those of lane l. */
function bindLanes(lanes: readonly Lane[], parts: readonly (readonly DecodingRow[])[]): AdapterRows[] {
  let start = parts[0]!.length;
  return lanes.map(({ adapter }, lane) => {
    const rows = parts[lane + 1]!;
    const preferences = tf.tensor2d(rows.map((row) => [...(row.preference ?? [])])); // [rows,K]
    const entry = { adapter: bindAdapter(adapter, preferences), start, count: rows.length };
    start += rows.length;
    return entry;
  });
}

function coefficientsOf(lanes: readonly Lane[], rows: readonly DecodingRow[]): number[][] {
  return lanes.map(({ arm }) => rows.map((row) => row.coefficients[arm] ?? 0));
}

interface Distinct {
  /** the first row of each kind */
  rows: DecodingRow[];
  /** per row of the batch: which of `rows` it is like */
  places: number[];
}

function distinct(rows: readonly DecodingRow[], keyOf: (row: DecodingRow) => string): Distinct {
  const found = new Map<string, number>();
  const first: DecodingRow[] = [];
  const places = rows.map((row) => {
    const key = keyOf(row);
    const place = found.get(key) ?? first.push(row) - 1;
    found.set(key, place);
    return place;
  });
  return { rows: first, places };
}

const promptOf = ({ prompt }: DecodingRow): string => prompt.id;
const promptAndPreference = ({ prompt, preference }: DecodingRow): string => JSON.stringify([prompt.id, preference]);

function placesOf(parts: readonly Distinct[]): number[] {
  let start = 0;
  return parts.flatMap(({ rows, places }) => {
    const shifted = places.map((place) => place + start);
    start += rows.length;
    return shifted;
  });
}
