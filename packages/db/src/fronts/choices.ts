import { poolOf, type Database } from "../database.ts";

/** What the fronts of a project can be narrowed down to. */
export interface FrontChoices {
  methods: { method: string; fronts: number }[];
  /** what the newest were measured under */
  protocols: { hash: string; objectives: string[]; fronts: number }[];
  /** runs with parts, or alone, that have the newest */
  runs: { id: string; name: string; fronts: number }[];
}

/** @param most of protocols and of runs */
export async function frontChoices(db: Database, projectId: string, most: number): Promise<FrontChoices> {
  const found = `FROM "ParetoFront" f JOIN "Run" r ON r.id = f."runId" WHERE r."projectId" = $1 AND r."deletedAt" IS NULL`;
  const ask = async <Row extends object>(sql: string, values: readonly unknown[]): Promise<Row[]> =>
    (await poolOf(db).query<Row>(sql, [...values])).rows;
  const [methods, protocols, runs] = await Promise.all([
    ask<FrontChoices["methods"][number]>(
      `SELECT f.method, count(*)::int AS fronts ${found} AND f.method IS NOT NULL GROUP BY f.method ORDER BY f.method COLLATE "C"`,
      [projectId],
    ),
    ask<FrontChoices["protocols"][number]>(
      `SELECT f."protocolHash" AS hash, min(f.objectives) AS objectives, count(*)::int AS fronts ${found}
       GROUP BY f."protocolHash" ORDER BY max(f."createdAt") DESC, 1 LIMIT $2`,
      [projectId, most],
    ),
    ask<FrontChoices["runs"][number]>(
      `SELECT whole.id, whole.name, count(*)::int AS fronts FROM "ParetoFront" f JOIN "Run" r ON r.id = f."runId"
       JOIN "Run" whole ON whole.id = coalesce(r."parentId", r.id)
       WHERE r."projectId" = $1 AND r."deletedAt" IS NULL AND whole."deletedAt" IS NULL
       GROUP BY whole.id, whole.name ORDER BY max(f."createdAt") DESC, 1 LIMIT $2`,
      [projectId, most],
    ),
  ]);
  return { methods, protocols, runs };
}
