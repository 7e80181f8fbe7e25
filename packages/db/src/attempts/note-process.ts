import { prismaOf, type Database } from "../database.ts";

/** Notes the process of an attempt, as its launcher knows it. Does nothing where the attempt has ended. */
export async function noteProcess(
  db: Database,
  attemptId: string,
  process: { pid: number | null; externalId: string | null },
): Promise<void> {
  await prismaOf(db).attempt.updateMany({ where: { id: attemptId, endedAt: null }, data: process });
}
