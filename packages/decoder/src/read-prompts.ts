import { forward, logitsOf, tf, type AdapterRows, type KvCache, type Transformer } from "@uniarm/core";
import { groupsOfSimilarLength } from "./prompt-groups.ts";

/**
 * Reads prompts into an empty cache whose padding puts their ends into one column -> logits of the tokens that follow [R,V];
 * for the caller's tidy. Where attention writes into the cache in place, prompts of similar length are read together and those
 * of others apart, so that there is little padding to compute.
 * @param adaptersOf the adapters of some of the rows, given in ascending order
 */
export function readPrompts(
  model: Transformer,
  prompts: readonly (readonly number[])[],
  cache: KvCache,
  adaptersOf: (rows: readonly number[]) => AdapterRows[],
): tf.Tensor2D {
  const columns = Math.max(...prompts.map((ids) => ids.length));
  const all = [...prompts.keys()];
  const apart = cache.isInPlace && !turnsByLongest(model);
  const groups = apart ? groupsOfSimilarLength(prompts.map((ids) => ids.length)) : [all];
  const read = groups.map((group) => {
    const rows = group.toSorted((one, other) => one - other);
    const longest = Math.max(...rows.map((row) => prompts[row]!.length));
    return tf.tidy(() => {
      const ids = rows.map((row) => [...new Array<number>(longest - prompts[row]!.length).fill(0), ...prompts[row]!]);
      const adapters = adaptersOf(rows);
      const written = groups.length === 1 ? cache : cache.part(rows, columns - longest);
      const hidden = forward(model, ids, { adapters, cache: written }); // [r,T,d]
      const last = tf.squeeze<tf.Tensor2D>(tf.slice(hidden, [0, longest - 1, 0], [-1, 1, -1]), [1]); // [r,d]
      return { rows, logits: logitsOf(model, last, adapters) as tf.Tensor2D }; // [r,V]
    });
  });
  if (groups.length === 1) return read[0]!.logits;
  cache.advance(columns);
  const order = read.flatMap(({ rows }) => rows);
  const places = all.map((row) => order.indexOf(row));
  return tf.gather(tf.concat(read.map(({ logits }) => logits)), tf.tensor1d(Int32Array.from(places), "int32"));
}

/** Longrope turns all rows of a pass by the longest of them: they are read as they go on. */
const turnsByLongest = ({ config: { rope, windowedRope } }: Transformer): boolean =>
  [rope, windowedRope].some((one) => one?.scaling?.kind === "longrope");
