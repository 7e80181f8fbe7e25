import { cursorOf, readCursor } from "../cursor.ts";
import { poolOf, type Database } from "../database.ts";

export interface LogQuery {
  runId: string;
  cursor?: string | undefined;
  limit?: number | undefined;
  /** only what contains this, whatever its case */
  search?: string | undefined;
}

export interface LogLine {
  attempt: number;
  sequence: number;
  stream: string;
  text: string;
  time: Date;
}

/** A page of a run's log. Its cursor continues after the last line, also where more is written later. */
export async function readLogs(
  db: Database,
  { runId, cursor, limit = 500, search = "" }: LogQuery,
): Promise<{ lines: LogLine[]; nextCursor: string }> {
  const [attempt, sequence] = cursor === undefined ? [0, 0] : readCursor(cursor, 2);
  const { rows } = await poolOf(db).query<LogLine>(
    `SELECT attempt, sequence, stream, text, time FROM "LogChunk"
     WHERE "runId" = $1 AND (attempt, sequence) > ($2::int, $3::bigint) AND ($4 = '' OR strpos(lower(text), lower($4)) > 0)
     ORDER BY attempt, sequence LIMIT $5`,
    [runId, attempt, sequence, search, limit],
  );
  const last = rows.at(-1);
  return { lines: rows, nextCursor: last ? cursorOf([last.attempt, last.sequence]) : (cursor ?? cursorOf([0, 0])) };
}
