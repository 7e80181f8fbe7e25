import { poolOf, type Database } from "../database.ts";

/** Runs that wait although a worker offers what they ask for, and the playgrounds that hold the slots they lack. */
export interface HeldSlots {
  /** waiting, the next one first */
  runId: string;
  playgrounds: string[];
}

/** Whom playgrounds keep waiting: a worker has room for it but for the slots that they hold. */
export async function heldSlots(db: Database): Promise<HeldSlots[]> {
  const { rows } = await poolOf(db).query<HeldSlots>(
    `WITH live AS (
       SELECT a."workerId", r.id AS "runId", r.kind, r.slots
       FROM "Attempt" a JOIN "Run" r ON r.id = a."runId" WHERE a."endedAt" IS NULL
     ), room AS (
       SELECT w.id, w.labels, w."cannotRun", w.slots - coalesce(sum(live.slots), 0) AS free,
         coalesce(sum(live.slots) FILTER (WHERE live.kind = 'playground'), 0) AS held,
         array_agg(live."runId") FILTER (WHERE live.kind = 'playground') AS playgrounds
       FROM "Worker" w LEFT JOIN live ON live."workerId" = w.id
       WHERE w."endedAt" IS NULL AND w."drainingAt" IS NULL AND w.problem = '' GROUP BY w.id
     )
     SELECT r.id AS "runId", array_agg(DISTINCT playground) AS playgrounds
     FROM "Run" r JOIN room ON r.labels <@ room.labels AND r.kind <> ALL (room."cannotRun") AND room.free < r.slots AND room.free + room.held >= r.slots
       CROSS JOIN unnest(room.playgrounds) AS playground
     WHERE r.state = 'QUEUED' AND r."deletedAt" IS NULL
     GROUP BY r.id ORDER BY r.priority DESC, r."createdAt"`,
  );
  return rows;
}
