import { prismaOf, type Database } from "../database.ts";

/** Which runs the metrics of a run stand for: itself, and those that were taken over from it. */
export type MeasuredRuns = ReadonlyMap<string, readonly string[]>;

export async function measuredRuns(db: Database, runIds: readonly string[]): Promise<MeasuredRuns> {
  const runs = await prismaOf(db).run.findMany({
    where: { id: { in: [...runIds] } },
    select: { id: true, cachedFromId: true },
    orderBy: { id: "asc" },
  });
  const measured = new Map<string, string[]>();
  for (const { id, cachedFromId } of runs) {
    const source = cachedFromId ?? id;
    measured.set(source, [...(measured.get(source) ?? []), id]);
  }
  return measured;
}

/** What was found of measured runs, as that of the runs that were asked for. */
export const asAsked = <T extends { runId: string }>(measured: MeasuredRuns, found: readonly T[]): T[] =>
  found.flatMap((one) => measured.get(one.runId)!.map((runId) => ({ ...one, runId })));
