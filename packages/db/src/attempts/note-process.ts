import { prismaOf, type Database } from "../database.ts";

/** The process of an attempt, as its launcher knows it. Of one that has ended nothing is noted. */
export async function noteProcess(
  db: Database,
  attemptId: string,
  process: { pid: number | null; externalId: string | null },
): Promise<void> {
  await prismaOf(db).attempt.updateMany({ where: { id: attemptId, endedAt: null }, data: process });
}
