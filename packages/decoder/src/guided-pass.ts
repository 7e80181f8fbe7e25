import {
  createKvCache,
  forward,
  tf,
  type AdapterRows,
  type KvCache,
  type RowAdapter,
  type Transformer,
} from "@uniarm/core";
import { distinctPrompts, placesOf } from "./distinct-rows.ts";
import { rowsAt, type PassStates } from "./guided-states.ts";
import type { Lane } from "./lanes.ts";
import { readPrompts } from "./read-prompts.ts";
import type { DecodingRow } from "./rows.ts";
import { regroup, type Regrouped, type SharedRows } from "./shared-rows.ts";

/** What one model computes for each token: so many rows a part as rows of the batch have read apart; null is the model without an adapter. */
export interface Pass {
  readonly model: Transformer;
  readonly parts: readonly (Lane | null)[];
  /** rows of the parts, one part after the other */
  readonly cache: KvCache;
  /** of each part: which of its rows each row of the batch reads */
  shared: readonly SharedRows[];
  /** of each part: its adapter bound to its rows' preferences */
  adapters: readonly (RowAdapter | null)[];
}

export type PassPlan = Pick<Pass, "model" | "parts">;

/** Reads the prompts -> the pass with its cache, and the states that the first tokens follow from. */
export function prefillPass(
  { model, parts }: PassPlan,
  rows: readonly DecodingRow[],
  newTokens: number,
  base: Transformer,
): { pass: Pass; states: PassStates } {
  const groups = parts.map((part) => (part === null ? distinctPrompts(rows) : part.distinct(rows)));
  const prompts = groups.flatMap((group) =>
    group.rows.map(({ prompt }) => (model === base ? prompt.ids : (prompt.armIds ?? prompt.ids))),
  );
  const partRows = groups.map((group) => group.rows);
  const columns = Math.max(...prompts.map((ids) => ids.length));
  const cache = createKvCache(
    model,
    prompts.map((ids) => columns - ids.length),
    columns + newTokens,
  );
  try {
    const states = tf.tidy(() => readPrompts(model, prompts, cache, (some) => adaptersOf(parts, partRows, some))); // [R,d]
    const shared = groups.map(({ places }) => places);
    const adapters = parts.map((part, index) => part && keptAdapter(part, partRows[index]!));
    const entries = adapterRows(
      adapters,
      groups.map(({ rows: own }) => own.length),
    );
    return {
      pass: { model, parts, cache, shared, adapters },
      states: { model, states, places: placesOf(groups), adapters: entries },
    };
  } catch (error) {
    cache.dispose();
    throw error;
  }
}

/** One token a row of the batch -> the states that the next follow from. */
export function advancePass(pass: Pass, tokens: readonly number[], rows: readonly DecodingRow[]): PassStates {
  const parted = pass.shared.map((places) => regroup(places, tokens));
  continuePass(pass, parted, rows);
  const { model, cache } = pass;
  const ids = parted.flatMap(({ readers }) => readers.map((row) => [tokens[row]!])); // [R][1]
  const adapters = adapterRows(
    pass.adapters,
    parted.map(({ from }) => from.length),
  );
  const states = tf.tidy(() => tf.squeeze<tf.Tensor2D>(forward(model, ids, { adapters, cache }), [1])); // [R,d]
  return { model, states, places: placesIn(parted), adapters };
}

/** Keeps the rows `kept` of the batch, which may repeat. @param rows the batch's then */
export function keepPassRows(pass: Pass, kept: readonly number[], rows: readonly DecodingRow[]): void {
  continuePass(
    pass,
    pass.shared.map((places) => regroup(kept.map((row) => places[row]!))),
    rows,
  );
}

/**
 * Has the rows of another pass of the same model and parts after its own, part by part. The other is void then; what its
 * tokens follow from stays the caller's.
 * @param rows the batch's then
 * @returns what the next tokens of all follow from
 */
export function joinPass(
  pass: Pass,
  states: PassStates,
  other: { pass: Pass; states: PassStates },
  rows: readonly DecodingRow[],
): PassStates {
  const [counts, added] = [pass, other.pass].map(({ shared }) => shared.map(rowsRead)) as [number[], number[]];
  const [starts, addedStarts] = [startsOf(counts), startsOf(added)];
  const own = pass.cache.rows;
  const order = counts.flatMap((count, part) => [
    ...rangeOf(starts[part]!, count),
    ...rangeOf(own + addedStarts[part]!, added[part]!),
  ]);
  pass.cache.adopt(other.pass.cache);
  pass.cache.keepRows(order);
  const before = pass.adapters;
  pass.shared = pass.shared.map((places, part) => [
    ...places,
    ...other.pass.shared[part]!.map((place) => counts[part]! + place),
  ]);
  pass.adapters = pass.parts.map(
    (part, index) =>
      part &&
      keptAdapter(
        part,
        rangeOf(0, counts[index]! + added[index]!).map((place) => rows[pass.shared[index]!.indexOf(place)]!),
      ),
  );
  before.forEach(disposeAdapter);
  disposePass(other.pass);
  const all = counts.map((count, part) => count + added[part]!);
  const joinedStarts = startsOf(all);
  return {
    model: pass.model,
    states: tf.tidy(() => rowsAt(tf.concat([states.states, other.states.states]), order)),
    places: pass.shared.flatMap((places, part) => places.map((place) => joinedStarts[part]! + place)),
    adapters: adapterRows(pass.adapters, all),
  };
}

export function disposePass({ cache, adapters }: Pick<Pass, "cache" | "adapters">): void {
  cache.dispose();
  for (const adapter of adapters) disposeAdapter(adapter);
}

/** Has each part's rows continue others of its. @param rows the batch's */
function continuePass(pass: Pass, regrouped: readonly Regrouped[], rows: readonly DecodingRow[]): void {
  const counts = pass.shared.map(rowsRead);
  const isSame = regrouped.map(
    ({ from }, part) => from.length === counts[part] && from.every((row, place) => row === place),
  );
  pass.shared = regrouped.map(({ places }) => places);
  if (!isSame.includes(false)) return;
  const starts = startsOf(counts);
  pass.cache.keepRows(regrouped.flatMap(({ from }, part) => from.map((row) => starts[part]! + row)));
  pass.adapters = pass.parts.map((part, index) => {
    const before = pass.adapters[index]!;
    if (part === null || isSame[index]) return before;
    const after = keptAdapter(
      part,
      regrouped[index]!.readers.map((row) => rows[row]!),
    );
    disposeAdapter(before);
    return after;
  });
}

/** How many rows a part has. */
const rowsRead = (places: SharedRows): number => Math.max(...places) + 1;

const rangeOf = (start: number, count: number): number[] => Array.from({ length: count }, (_, index) => start + index);

/** Of parts that lie one below the other: where each begins. */
const startsOf = (counts: readonly number[]): number[] =>
  counts.map((_, part) => counts.slice(0, part).reduce((sum, count) => sum + count, 0));

/** Which of all parts' rows each row of the batch reads, part by part. */
function placesIn(parts: readonly Regrouped[]): number[] {
  const starts = startsOf(parts.map(({ from }) => from.length));
  return parts.flatMap(({ places }, part) => places.map((place) => starts[part]! + place));
}

/** @param counts rows of each part */
function adapterRows(adapters: Pass["adapters"], counts: readonly number[]): AdapterRows[] {
  const starts = startsOf(counts);
  return adapters.flatMap((adapter, part) =>
    adapter ? [{ adapter, start: starts[part]!, count: counts[part]! }] : [],
  );
}

/** The part's adapter bound to its rows, for the tokens to come. */
function keptAdapter(part: Lane, rows: readonly DecodingRow[]): RowAdapter {
  return tf.scoped(() => {
    const bound = part.bind(rows);
    for (const tensor of bound.modulation) tf.keep(tensor);
    return bound;
  });
}

const disposeAdapter = (adapter: RowAdapter | null): void => tf.dispose([...(adapter?.modulation ?? [])]);

/**
 * The adapters of some rows, for the caller's tidy.
 * @param partRows the rows of each part
 * @param some those of all parts' rows that are read, in ascending order
 */
function adaptersOf(
  parts: Pass["parts"],
  partRows: readonly (readonly DecodingRow[])[],
  some: readonly number[],
): AdapterRows[] {
  const isRead = new Set(some);
  const starts = startsOf(partRows.map((rows) => rows.length));
  const read = partRows.map((rows, part) => rows.filter((_, row) => isRead.has(starts[part]! + row)));
  const readStarts = startsOf(read.map((rows) => rows.length));
  return parts.flatMap((part, index): AdapterRows[] => {
    const rows = read[index]!;
    if (part === null || rows.length === 0) return [];
    return [{ adapter: part.bind(rows), start: readStarts[index]!, count: rows.length }];
  });
}
