import { UniArmError } from "@uniarm/core/schema";
import { poolOf, prismaOf, type Database } from "../database.ts";

/** What a comparison shows of a run beside its metrics. */
export interface ComparedRun {
  id: string;
  name: string;
  kind: string;
  state: string;
  group: string | null;
  tags: string[];
  config: Record<string, unknown>;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  /** measured on it or on its outputs; the largest hypervolume first, the base model's last */
  fronts: ComparedFront[];
}

export interface ComparedFront {
  id: string;
  name: string;
  method: string | null;
  protocolHash: string;
  hypervolume: number;
  meanInnerProduct: number;
}

/** train -> decode -> score -> evaluate */
const FURTHEST = 3;
const MOST_FRONTS = 20;

/** Several runs in the order asked for, each with its own fronts, its children's and its consumers'. @throws UniArmError run-missing */
export async function comparedRuns(db: Database, ids: readonly string[]): Promise<ComparedRun[]> {
  const runs = await prismaOf(db).run.findMany({
    where: { id: { in: [...ids] }, deletedAt: null },
    select: {
      id: true,
      name: true,
      kind: true,
      state: true,
      tags: true,
      config: true,
      createdAt: true,
      startedAt: true,
      endedAt: true,
      group: { select: { name: true } },
    },
  });
  const missing = ids.filter((id) => !runs.some((run) => run.id === id));
  if (missing.length > 0)
    throw new UniArmError("run-missing", `There is no run ${missing.join(", ")}. See those there are: uniarm runs ls`);
  const { rows: fronts } = await poolOf(db).query<ComparedFront & { root: string }>(
    `WITH RECURSIVE reach AS (
       SELECT id AS root, id, 0 AS depth FROM "Run" WHERE id = ANY ($1)
       UNION SELECT r.root, next.id, next.depth FROM reach r CROSS JOIN LATERAL (
         SELECT c.id, r.depth FROM "Run" c WHERE c."parentId" = r.id AND c."deletedAt" IS NULL
         UNION ALL SELECT i."runId", r.depth + 1 FROM "RunInput" i WHERE i."producerId" = r.id AND r.depth < ${FURTHEST}) AS next
     ), owners AS (
       SELECT DISTINCT r.root, coalesce(x."cachedFromId", x.id) AS id FROM reach r JOIN "Run" x ON x.id = r.id WHERE x."deletedAt" IS NULL
     )
     SELECT o.root, f.id, f.name, f.method, f."protocolHash", f.hypervolume, f."meanInnerProduct"
     FROM owners o JOIN "ParetoFront" f ON f."runId" = o.id
     ORDER BY o.root, (f.method = 'base') IS TRUE, f.hypervolume DESC`,
    [ids],
  );
  const byRun = Map.groupBy(fronts, ({ root }) => root);
  return ids.map((id) => {
    const { group, config, ...run } = runs.find((one) => one.id === id)!;
    return {
      ...run,
      config: config as Record<string, unknown>,
      group: group?.name ?? null,
      fronts: (byRun.get(id) ?? []).slice(0, MOST_FRONTS).map(({ root: _, ...front }) => front),
    };
  });
}
