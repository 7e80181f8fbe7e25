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
 * N rows that are decoded together. Their tokens go through a transformer once for the base model and once for each
 * reward model: as one batch of (1 + L) N rows where the reward models are adapters of the base, base rows first, then N
 * rows of each lane; as two batches where another model carries them.
 */
export interface GuidedBatch {
  readonly lanes: readonly Lane[];
  rows: readonly DecodingRow[];
  readonly passes: readonly Pass[];
  /** tokens that base and reward models have in common: logits of the others are left out */
  readonly vocabulary: number;
}

/** What one model computes of each step: N rows a part; null is the model without an adapter. */
interface Pass {
  readonly model: Transformer;
  readonly parts: readonly (Lane | null)[];
  cache: KvCache;
  /** the parts' adapters bound to the rows' preferences */
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

/** What is decoded with: the frozen model and its reward models (none: unguided). */
export interface GuidedModels {
  model: Transformer;
  arms: readonly Adapter[];
  /** the model that the reward models are adapters of, when it is not the one they guide */
  armModel?: Transformer | undefined;
  /** ids 0 ... sharedVocabulary - 1 mean the same to both models; default: all ids that both have */
  sharedVocabulary?: number | undefined;
}

/**
 * Reads the prompts: once for the base model and each prompt, once for each (prompt, preference) of a reward model that
 * sees the preference. Rows that share a prompt then share copies of its keys and values.
 * @param newTokens how many tokens will follow at most: the cache has room for them
 * @returns the batch (end it with `disposeBatch`) and what is said of the first token
 */
export function prefill(
  models: GuidedModels,
  rows: readonly DecodingRow[],
  newTokens: number,
): { batch: GuidedBatch; next: GuidedLogits } {
  const { model, arms, armModel = model } = models;
  const lanes = lanesOf(arms, rows);
  const sizes = [model, ...(lanes.length > 0 ? [armModel] : [])].map(({ config }) => config.vocabularySize);
  const vocabulary = Math.min(...sizes, models.sharedVocabulary ?? Infinity);
  const plans: Pick<Pass, "model" | "parts">[] =
    armModel === model || lanes.length === 0
      ? [{ model, parts: [null, ...lanes] }]
      : [
          { model, parts: [null] },
          { model: armModel, parts: lanes },
        ];
  const passes: Pass[] = [];
  const said: tf.Tensor2D[] = [];
  try {
    for (const plan of plans) {
      const { pass, logits } = prefillPass(plan, rows, newTokens, model);
      passes.push(pass);
      said.push(logits);
    }
    return {
      batch: { lanes, rows, passes, vocabulary },
      next: { logits: tf.tidy(() => joined(said, vocabulary)), coefficients: coefficientsOf(lanes, rows) },
    };
  } catch (error) {
    disposeBatch({ passes });
    throw error;
  } finally {
    tf.dispose(said);
  }
}

function prefillPass(
  { model, parts }: Pick<Pass, "model" | "parts">,
  rows: readonly DecodingRow[],
  newTokens: number,
  base: Transformer,
): { pass: Pass; logits: tf.Tensor2D } {
  const groups = parts.map((part) =>
    distinct(rows, part === null || part.adapter.config.kind === "lora" ? promptOf : promptAndPreference),
  );
  const prompts = groups.flatMap((group) =>
    group.rows.map(({ prompt }) => (model === base ? prompt.ids : (prompt.armIds ?? prompt.ids))),
  );
  const columns = Math.max(...prompts.map((ids) => ids.length));
  const padding = prompts.map((ids) => columns - ids.length);
  const padded = prompts.map((ids, index) => [...new Array<number>(padding[index]!).fill(0), ...ids]);
  const places = placesOf(groups); // [parts * N] row of the prompt pass that each row of the batch goes on from

  const promptCache = createKvCache(model, padding, columns + newTokens);
  try {
    const logits = tf.tidy(() => {
      const adapters = bindParts(
        parts,
        groups.map((group) => group.rows),
      );
      const hidden = forward(model, padded, { padding, adapters, cache: promptCache }); // [R,T,d]
      const last = tf.squeeze(tf.slice(hidden, [0, columns - 1, 0], [-1, 1, -1]), [1]); // [R,d]
      return tf.gather(logitsOf(model, last), tf.tensor1d(places, "int32")) as tf.Tensor2D; // [parts * N, V]
    });
    const cache = promptCache.gatherRows(places);
    return { pass: { model, parts, cache, adapters: keptAdapters(parts, rows) }, logits };
  } finally {
    promptCache.dispose();
  }
}

/** Feeds one token a row -> what is said of the next. */
export function advance({ lanes, rows, passes, vocabulary }: GuidedBatch, tokens: readonly number[]): GuidedLogits {
  const logits = tf.tidy(() =>
    joined(
      passes.map(({ model, parts, cache, adapters }) => {
        const ids = parts.flatMap(() => tokens.map((token) => [token])); // [parts * N][1]
        const hidden = tf.squeeze(forward(model, ids, { adapters, cache }), [1]); // [parts * N, d]
        return logitsOf(model, hidden) as tf.Tensor2D;
      }),
      vocabulary,
    ),
  );
  return { logits, coefficients: coefficientsOf(lanes, rows) };
}

/** What the passes say, one below the other, of the tokens that count; for the caller's tidy. */
function joined(said: readonly tf.Tensor2D[], vocabulary: number): tf.Tensor2D {
  const cut = said.map((logits): tf.Tensor2D =>
    logits.shape[1] === vocabulary ? tf.clone(logits) : tf.slice(logits, [0, 0], [-1, vocabulary]),
  );
  return cut.length === 1 ? cut[0]! : tf.concat(cut, 0);
}

/** Drops all rows of the batch but `kept`. */
export function keepRows(batch: GuidedBatch, kept: readonly number[]): void {
  const count = batch.rows.length;
  batch.rows = kept.map((row) => batch.rows[row]!);
  for (const pass of batch.passes) {
    const smaller = pass.cache.gatherRows(pass.parts.flatMap((_, part) => kept.map((row) => part * count + row)));
    disposePass(pass);
    pass.cache = smaller;
    pass.adapters = keptAdapters(pass.parts, batch.rows);
  }
}

export function disposeBatch({ passes }: Pick<GuidedBatch, "passes">): void {
  passes.forEach(disposePass);
}

function disposePass({ cache, adapters }: Pass): void {
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

/** A reward model with coefficient 0 in every row says nothing and is not run. */
function lanesOf(arms: readonly Adapter[], rows: readonly DecodingRow[]): Lane[] {
  const lanes = arms.map((adapter, arm): Lane => ({ adapter, arm }));
  return lanes.filter(({ arm }) => rows.some((row) => (row.coefficients[arm] ?? 0) !== 0));
}

/** @param rowsOf the rows of each part */
function bindParts(parts: Pass["parts"], rowsOf: readonly (readonly DecodingRow[])[]): AdapterRows[] {
  let start = 0;
  return parts.flatMap((part, index): AdapterRows[] => {
    const rows = rowsOf[index]!;
    const first = start;
    start += rows.length;
    if (part === null) return [];
    const preferences = tf.tensor2d(rows.map((row) => [...(row.preference ?? [])])); // [rows,K]
    return [{ adapter: bindAdapter(part.adapter, preferences), start: first, count: rows.length }];
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
