import { tf } from "@uniarm/core";
import { chooseTokens } from "../choose.ts";
import { disposeLogits, partsOf, type GuidedLogits } from "../guided-logits.ts";
import type { RowSoFar } from "../process-scores.ts";
import type { LiveRow } from "./live-row.ts";

/** The rows' next tokens; rows with the same sampling are drawn together. */
export async function chooseEach(
  next: GuidedLogits,
  rows: readonly LiveRow[],
  eosTokenIds: ReadonlySet<number>,
): Promise<number[]> {
  const groups = Map.groupBy(rows.keys(), (place) => JSON.stringify(rows[place]!.request.sampling));
  const ids = new Array<number>(rows.length);
  for (const places of groups.values()) {
    const { sampling } = rows[places[0]!]!.request;
    const some = groups.size === 1 ? next : logitsOfRows(next, places, rows.length);
    try {
      const chosen = await chooseTokens(
        some,
        sampling,
        places.map((place) => soFar(rows[place]!)),
        eosTokenIds,
      );
      for (const [index, place] of places.entries()) ids[place] = chosen.ids[index]!;
    } finally {
      if (some !== next) disposeLogits(some);
    }
  }
  return ids;
}

const soFar = ({ random, row, tokenIds }: LiveRow): RowSoFar => ({ random, promptIds: row.prompt.ids, tokenIds });

function logitsOfRows(next: GuidedLogits, places: readonly number[], rowCount: number): GuidedLogits {
  const starts = Array.from({ length: partsOf(next) }, (_, part) => part * rowCount);
  const indices = starts.flatMap((start) => places.map((place) => start + place));
  const rowsAt = (x: tf.Tensor2D, rows: readonly number[]): tf.Tensor2D =>
    tf.tidy(() => tf.gather(x, tf.tensor1d([...rows], "int32")));
  return {
    ...next,
    logits: rowsAt(next.logits, indices), // [(1 + L) n, V]
    ...(next.scores ? { scores: rowsAt(next.scores, places) } : {}),
    coefficients: next.coefficients.map((lane) => places.map((place) => lane[place]!)),
  };
}
