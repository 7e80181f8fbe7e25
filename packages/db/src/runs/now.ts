import { prismaOf, type Database } from "../database.ts";
import type { RunState } from "../generated/enums.ts";

/** Where a run stands, and who works on it. */
export interface RunNow {
  /** null: it was deleted */
  state: RunState | null;
  reason: string;
  liveAttempt: string | null;
  /** how the last attempt ended; null while it lives */
  lastEnd: string | null;
}

export async function runNow(db: Database, id: string): Promise<RunNow> {
  const run = await prismaOf(db).run.findFirst({
    where: { id, deletedAt: null },
    select: {
      state: true,
      reason: true,
      attempts: {
        orderBy: { number: "desc" },
        take: 1,
        select: { id: true, endedAt: true, state: true, reason: true },
      },
    },
  });
  const [attempt] = run?.attempts ?? [];
  return {
    state: run?.state ?? null,
    reason: run?.reason ?? "",
    liveAttempt: attempt?.endedAt === null ? attempt.id : null,
    lastEnd: attempt?.endedAt ? attempt.reason || attempt.state : null,
  };
}
