import { poolOf, prismaOf, type Database } from "../database.ts";

/** The state of a database, for people who look after it. */
export interface DatabaseState {
  postgres: { version: string; bytes: number };
  blobs: { count: number; bytes: number };
  queue: { queued: number; running: number };
}

export async function describeDatabase(db: Database): Promise<DatabaseState> {
  const { rows } = await poolOf(db).query<{ version: string; bytes: number; queued: number; running: number }>(
    `SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes,
       (SELECT count(*) FROM "Run" WHERE state = 'QUEUED' AND "deletedAt" IS NULL) AS queued,
       (SELECT count(*) FROM "Run" WHERE state = 'RUNNING' AND kind <> 'study' AND "deletedAt" IS NULL) AS running`,
  );
  const { version, bytes, ...queue } = rows[0]!;
  const blobs = await prismaOf(db).blob.aggregate({ _sum: { size: true }, _count: true });
  return { postgres: { version, bytes }, blobs: { count: blobs._count, bytes: Number(blobs._sum.size ?? 0) }, queue };
}
