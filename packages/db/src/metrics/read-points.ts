import { poolOf, type Database } from "../database.ts";
import { piecesOf, type Stretch } from "./sources.ts";

export interface Exact {
  step: number;
  value: number;
  /** milliseconds since 1970 */
  time: number;
}

/** The points of stretches by the ids of their series. Those that have more than `most` are left out; of non-finite ones the first are given. */
export async function readPoints(
  db: Database,
  stretches: readonly Stretch[],
  most: number,
  { onlyNonFinite = false } = {},
): Promise<Map<number, Exact[]>> {
  const found = new Map<number, Exact[]>(stretches.map(({ id }) => [id, []]));
  if (stretches.length === 0) return found;
  const pieces = stretches.flatMap(piecesOf);
  const { rows } = await poolOf(db).query<Exact & { id: number }>(
    `SELECT piece.id, p.step, p.value, (extract(epoch FROM p.time) * 1000)::float8 AS time
     FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[]) AS piece (id, attempt, low, high)
     CROSS JOIN LATERAL (
       SELECT step, value, time FROM "MetricPoint" WHERE "seriesId" = piece.id AND step BETWEEN piece.low AND piece.high
         AND (piece.attempt IS NULL OR attempt = piece.attempt) ${onlyNonFinite ? `AND value IN ('NaN', 'Infinity', '-Infinity')` : ""}
       ORDER BY step, attempt LIMIT $5) p
     ORDER BY piece.id, p.step`,
    [
      pieces.map(({ id }) => id),
      pieces.map(({ attempt }) => attempt),
      pieces.map(({ from }) => from),
      pieces.map(({ to }) => to),
      most + 1,
    ],
  );
  for (const { id, ...point } of rows) found.get(id)!.push(point);
  if (!onlyNonFinite) for (const [id, points] of found) if (points.length > most) found.delete(id);
  return found;
}
