import { UniArmError } from "@uniarm/core/schema";
import { prismaOf, type Database } from "../database.ts";

/** The run that a live attempt works on. @throws UniArmError attempt-stale */
export async function liveRunOf(db: Database, attemptId: string): Promise<string> {
  const found = await prismaOf(db).attempt.findFirst({
    where: { id: attemptId, endedAt: null },
    select: { runId: true },
  });
  if (!found) throw new UniArmError("attempt-stale", `Attempt ${attemptId} has ended; what it still says is ignored.`);
  return found.runId;
}
