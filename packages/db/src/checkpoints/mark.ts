import { UniArmError } from "@uniarm/core/schema";
import { auditEntry } from "../access/audit.ts";
import { prismaOf, type Database } from "../database.ts";

/** What is left out stays as it is. */
export interface Marks {
  /** stays whatever the retention policy says */
  kept?: boolean | undefined;
  /** of its run; no other is then */
  best?: boolean | undefined;
}

/** @throws UniArmError checkpoint-missing */
export async function markCheckpoint(db: Database, id: string, { kept, best }: Marks, actor: string): Promise<void> {
  await prismaOf(db).$transaction(async (tx) => {
    const found = await tx.checkpoint.findFirst({ where: { id, deletedAt: null }, select: { runId: true } });
    if (!found)
      throw new UniArmError(
        "checkpoint-missing",
        `There is no checkpoint ${id}; perhaps the retention policy removed it.`,
      );
    if (best) await tx.checkpoint.updateMany({ where: { runId: found.runId }, data: { best: false } });
    await tx.checkpoint.update({ where: { id }, data: { kept, best } });
    await auditEntry(tx, actor, "checkpoints.mark", id, { kept, best });
  });
}
