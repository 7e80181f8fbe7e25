import { CONDITIONS, differingConditions, UniArmError, type EvaluationReport } from "@uniarm/core/schema";
import { cursorOf, readCursor } from "../cursor.ts";
import { prismaOf, type Database } from "../database.ts";
import { FRONT_SUMMARY } from "../runs/get.ts";

export interface ListFronts {
  projectId?: string | undefined;
  /** of this run and its children */
  run?: string | undefined;
  protocol?: string | undefined;
  method?: string | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
}

/** A page of fronts, newest first. */
export async function listFronts(db: Database, { projectId, run, protocol, method, cursor, limit = 50 }: ListFronts) {
  const after = cursor === undefined ? null : readCursor(cursor, 2);
  const runs = run === undefined ? null : await runsOf(db, run);
  const at = after && new Date(String(after[0]));
  const found = await prismaOf(db).paretoFront.findMany({
    where: {
      run: {
        deletedAt: null,
        ...(projectId ? { projectId } : {}),
        ...(runs ? { id: { in: runs } } : {}),
      },
      ...(protocol ? { protocolHash: { startsWith: protocol } } : {}),
      ...(method ? { method } : {}),
      ...(at && after ? { OR: [{ createdAt: { lt: at } }, { createdAt: at, id: { lt: String(after[1]) } }] } : {}),
    },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: limit + 1,
    select: {
      ...FRONT_SUMMARY,
      run: { select: { name: true, projectId: true, parentId: true } },
      _count: { select: { points: true } },
    },
  });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    fronts: page,
    nextCursor: found.length > limit && last ? cursorOf([last.createdAt.toISOString(), last.id]) : null,
  };
}

/** A run, its children, and those whose outputs they took. */
async function runsOf(db: Database, run: string): Promise<string[]> {
  const found = await prismaOf(db).run.findMany({
    where: { OR: [{ id: run }, { parentId: run }] },
    select: { id: true, cachedFromId: true },
  });
  return found.flatMap(({ id, cachedFromId }) => (cachedFromId === null ? [id] : [id, cachedFromId]));
}

export type FrontSummary = Awaited<ReturnType<typeof listFronts>>["fronts"][number];

/** A front with what its report says of its texts and of how it was measured. @throws UniArmError front-missing */
export async function getFront(db: Database, id: string) {
  const front = await prismaOf(db).paretoFront.findFirst({
    where: { id, run: { deletedAt: null } },
    include: {
      points: { orderBy: { position: "asc" } },
      evaluation: { select: { report: true } },
      run: { select: { id: true, name: true, kind: true, parentId: true, projectId: true } },
    },
  });
  if (!front) throw new UniArmError("front-missing", `There is no front ${id}. See those there are: uniarm fronts ls`);
  const { evaluation, points, ...rest } = front;
  const report = evaluation.report as unknown as EvaluationReport;
  return {
    ...rest,
    conditions: report.config.conditions ?? {},
    base: report.base ?? null,
    points: points.map((point) => {
      const { fluency = null, klFromBase = null } = report.front.points[point.position] ?? {};
      return { ...point, fluency, klFromBase };
    }),
  };
}
export type FrontDetail = Awaited<ReturnType<typeof getFront>>;

/** What differs between the protocols of fronts, or the conditions that two of them know; empty where they compare. */
export function compareProtocols(fronts: readonly FrontDetail[]): string[] {
  const [first] = fronts;
  if (!first) return [];
  // each with each: what two fronts know may be unknown to a third
  const differingPairs = fronts.flatMap((one, place) =>
    fronts.slice(place + 1).flatMap((other) => differingConditions(one.conditions, other.conditions)),
  );
  const conditions = [...new Set(differingPairs)].map((key) => CONDITIONS[key]);
  if (fronts.every(({ protocolHash }) => protocolHash === first.protocolHash)) return conditions;
  const parts: Record<string, (front: FrontDetail) => unknown> = {
    objectives: ({ objectives }) => objectives,
    normaliser: ({ normaliser }) => normaliser,
    "reference point": ({ referencePoint }) => referencePoint,
    preferences: ({ points }) => points.map(({ preference }) => preference),
    "number of prompts": ({ points }) => points.map(({ promptCount }) => promptCount),
  };
  const differing = Object.keys(parts).filter(
    (name) => new Set(fronts.map((front) => JSON.stringify(parts[name]!(front)))).size > 1,
  );
  return [...(differing.length > 0 ? differing : ["prompts"]), ...conditions];
}
