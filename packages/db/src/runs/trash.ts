import { UniArmError } from "@uniarm/core/schema";
import { poolOf, prismaOf, type Database } from "../database.ts";

/** A deleted run that can be restored, with everything that was deleted with it. */
export interface DeletedRun {
  id: string;
  name: string;
  kind: string;
  state: string;
  project: string;
  /** name of the run that it is in */
  parent: string | null;
  createdAt: Date;
  deletedAt: Date;
  /** from then on it goes for good, with the next hourly cleaning */
  purgedAfter: Date;
  /** deleted runs inside of it */
  inside: number;
}

const MOST = 1000;

/** Deleted runs, the newest deletion first; what was deleted together with the run it is in is counted there. */
export async function listTrash(
  db: Database,
  { projectId, restoreSeconds }: { projectId?: string | undefined; restoreSeconds: number },
): Promise<DeletedRun[]> {
  const { rows } = await poolOf(db).query<DeletedRun>(
    `WITH RECURSIVE root AS (
       SELECT r.id FROM "Run" r LEFT JOIN "Run" p ON p.id = r."parentId"
       WHERE r."deletedAt" IS NOT NULL AND r."deletedAt" IS DISTINCT FROM p."deletedAt" AND ($1::text IS NULL OR r."projectId" = $1)
       ORDER BY r."deletedAt" DESC, r.id LIMIT ${MOST}
     ), family AS (
       SELECT id AS root, id FROM root
       UNION ALL SELECT f.root, r.id FROM family f JOIN "Run" r ON r."parentId" = f.id AND r."deletedAt" IS NOT NULL
     ), last AS (
       -- a run goes after all that is inside of it
       SELECT f.root, max(r."deletedAt") AS "deletedAt", count(*) - 1 AS inside FROM family f JOIN "Run" r ON r.id = f.id GROUP BY f.root
     )
     SELECT r.id, r.name, r.kind, r.state, r."createdAt", r."deletedAt", last.inside,
       last."deletedAt" + make_interval(secs => $2) AS "purgedAfter",
       (SELECT name FROM "Project" p WHERE p.id = r."projectId") AS project,
       (SELECT name FROM "Run" p WHERE p.id = r."parentId") AS parent
     FROM last JOIN "Run" r ON r.id = last.root ORDER BY r."deletedAt" DESC, r.id`,
    [projectId ?? null, restoreSeconds],
  );
  return rows;
}

/** Ids of deleted runs by their beginnings. @throws UniArmError run-missing, run-ambiguous */
export async function resolveDeletedIds(db: Database, starts: readonly string[]): Promise<string[]> {
  return Promise.all(
    starts.map(async (start) => {
      const found = /^[0-9a-z]+$/.test(start) ? await deletedRuns(db, start) : [];
      if (found.some(({ id }) => id === start)) return start;
      if (found.length === 1) return found[0]!.id;
      if (found.length === 0)
        throw new UniArmError(
          "run-missing",
          `There is no deleted run ${start}. See those that can be restored: uniarm runs trash`,
        );
      throw new UniArmError("run-ambiguous", `Several deleted runs begin with "${start}". Write more of the id.`);
    }),
  );
}

/** A few of the deleted runs whose ids begin so. */
export const deletedRuns = (db: Database, start: string) =>
  prismaOf(db).run.findMany({
    where: { id: { startsWith: start }, deletedAt: { not: null } },
    select: { id: true, name: true },
    orderBy: { id: "asc" },
    take: 2,
  });
