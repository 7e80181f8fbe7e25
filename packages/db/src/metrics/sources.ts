import { poolOf, type Database } from "../database.ts";

/** A series and what each attempt contributes to it. */
export interface Source {
  id: number;
  runId: string;
  key: string;
  count: number;
  nonFinite: number;
  lastStep: number;
  segments: Segment[];
}

/** Points of an attempt count up to `last`, where a later attempt took over. */
interface Segment {
  attempt: number;
  last: number | null;
}

/** The part of a series between two steps, both included. */
export interface Stretch extends Source {
  from: number;
  to: number;
}

export async function findSources(db: Database, runIds: readonly string[], keys: readonly string[]): Promise<Source[]> {
  const { rows } = await poolOf(db).query<Source>(
    `SELECT s.id, s."runId", s.key, s.count, s."nonFinite", s."lastStep",
       coalesce((SELECT json_agg(json_build_object('attempt', a.number, 'last',
         (SELECT min(b."resumedFromStep") FROM "Attempt" b WHERE b."runId" = a."runId" AND b.number > a.number)) ORDER BY a.number)
       FROM "Attempt" a WHERE a."runId" = s."runId"), '[]') AS segments
     FROM "MetricSeries" s WHERE s."runId" = ANY ($1) AND s.key = ANY ($2) ORDER BY s."runId", s.key`,
    [runIds, keys],
  );
  return rows;
}

/** What is read of a stretch, attempt by attempt. */
export interface Piece {
  id: number;
  /** null: whichever there is */
  attempt: number | null;
  from: number;
  to: number;
}

export const piecesOf = ({ id, segments, from, to }: Stretch): Piece[] =>
  segments.length === 0
    ? [{ id, attempt: null, from, to }]
    : segments.map(({ attempt, last }) => ({ id, attempt, from, to: Math.min(to, last ?? to) }));
