import { poolOf, type Database } from "../database.ts";
import type { Slots } from "./read-slots.ts";
import { piecesOf, type Stretch } from "./sources.ts";

/** When each slot's first point was measured, in milliseconds since 1970, by the ids of series: a pause lies between two slots, or inside of one. */
export async function slotTimes(
  db: Database,
  stretches: readonly Stretch[],
  slots: ReadonlyMap<number, Slots>,
): Promise<Map<number, (number | null)[]>> {
  if (stretches.length === 0) return new Map();
  const wanted = stretches.flatMap(({ id }) => {
    const { low, high } = slots.get(id)!;
    return low.map((from, place) => ({ id, place, low: from, high: high[place]! }));
  });
  const found = new Map(stretches.map(({ id }) => [id, slots.get(id)!.step.map((): number | null => null)]));
  const pieces = stretches.flatMap(piecesOf);
  const { rows } = await poolOf(db).query<{ id: number; places: number[]; times: number[] }>(
    `SELECT slot.id, json_agg(slot.place) AS places, json_agg(first.time) AS times
     FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[]) AS slot (id, place, low, high)
     CROSS JOIN LATERAL (
       SELECT (extract(epoch FROM p.time) * 1000)::float8 AS time FROM "MetricPoint" p
       WHERE p."seriesId" = slot.id AND p.step BETWEEN slot.low AND slot.high AND EXISTS (
         SELECT 1 FROM unnest($5::int[], $6::int[], $7::bigint[], $8::bigint[]) AS piece (id, attempt, low, high)
         WHERE piece.id = slot.id AND (piece.attempt IS NULL OR piece.attempt = p.attempt) AND p.step BETWEEN piece.low AND piece.high)
       ORDER BY p.step, p.attempt LIMIT 1) first
     GROUP BY slot.id`,
    [
      wanted.map(({ id }) => id),
      wanted.map(({ place }) => place),
      wanted.map(({ low }) => low),
      wanted.map(({ high }) => high),
      pieces.map(({ id }) => id),
      pieces.map(({ attempt }) => attempt),
      pieces.map(({ from }) => from),
      pieces.map(({ to }) => to),
    ],
  );
  for (const { id, places, times } of rows)
    places.forEach((place, index) => {
      found.get(id)![place] = times[index]!;
    });
  return found;
}
