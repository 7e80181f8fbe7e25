import { forward, PASS_TOKENS, tf, type AdapterRows, type KvCache, type Transformer } from "@uniarm/core";
import { evenParts } from "./even-parts.ts";
import { groupsOfSimilarLength } from "./prompt-groups.ts";

/**
 * Reads prompts into an empty cache whose padding puts their ends into one column -> hidden states that the tokens after them
 * follow from [R,d]; for the caller's tidy. Where attention writes into the cache in place, prompts of similar length are read
 * together and those of others apart, so that there is little padding to compute. No pass is larger than it must be: rows
 * follow each other, and so do the columns of long prompts.
 * @param adaptersOf the adapters of some of the rows, given in ascending order
 */
export function readPrompts(
  model: Transformer,
  prompts: readonly (readonly number[])[],
  cache: KvCache,
  adaptersOf: (rows: readonly number[]) => AdapterRows[],
  passTokens = PASS_TOKENS,
): tf.Tensor2D {
  const columns = Math.max(...prompts.map((ids) => ids.length));
  const all = [...prompts.keys()];
  const isWhole = turnsByLongest(model);
  const lengths = prompts.map((ids) => ids.length);
  const groups = cache.isInPlace && !isWhole ? groupsOfSimilarLength(lengths, passTokens) : [all];
  const read = groups.map((group) => {
    const rows = group.toSorted((one, other) => one - other);
    const longest = Math.max(...rows.map((row) => lengths[row]!));
    const ids = rows.map((row) => [...new Array<number>(longest - lengths[row]!).fill(0), ...prompts[row]!]);
    const written = groups.length === 1 ? cache : cache.part(rows, columns - longest);
    const parts = evenParts(longest, isWhole ? longest : passTokens / rows.length);
    return { rows, states: lastStates(model, ids, parts, written, () => adaptersOf(rows)) }; // [r,d]
  });
  if (groups.length === 1) return read[0]!.states;
  cache.advance(columns);
  const order = read.flatMap(({ rows }) => rows);
  const places = all.map((row) => order.indexOf(row));
  return tf.gather(tf.concat(read.map(({ states }) => states)), tf.tensor1d(Int32Array.from(places), "int32"));
}

/** Token ids [r][T] part after part -> the hidden states of their last column [r,d]. */
function lastStates(
  model: Transformer,
  ids: readonly (readonly number[])[],
  parts: readonly { start: number; end: number }[],
  cache: KvCache,
  adaptersOf: () => AdapterRows[],
): tf.Tensor2D {
  return tf.tidy(() => {
    const adapters = adaptersOf();
    const states = parts.map(({ start, end }) =>
      tf.tidy(() => {
        const hidden = forward(
          model,
          ids.map((row) => row.slice(start, end)),
          { adapters, cache },
        ); // [r,t,d]
        return tf.squeeze<tf.Tensor2D>(tf.slice(hidden, [0, end - start - 1, 0], [-1, 1, -1]), [1]); // [r,d]
      }),
    );
    return states.at(-1)!;
  });
}

/** Longrope turns all rows of a pass by the longest of them: they are read as they go on. */
export const turnsByLongest = ({ config: { rope, windowedRope } }: Transformer): boolean =>
  [rope, windowedRope].some((one) => one?.scaling?.kind === "longrope");
