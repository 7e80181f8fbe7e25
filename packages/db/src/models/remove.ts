import { UniArmError } from "@uniarm/core/schema";
import { auditEntry } from "../access/audit.ts";
import { prismaOf, type Database } from "../database.ts";

/** Forgets a model; its folder stays. @throws UniArmError model-missing */
export async function removeModel(db: Database, id: string, actor: string): Promise<void> {
  await prismaOf(db).$transaction(async (tx) => {
    const { count } = await tx.model.deleteMany({ where: { id } });
    if (count === 0)
      throw new UniArmError("model-missing", `There is no model ${id}. See those there are: GET /api/models`);
    await auditEntry(tx, actor, "models.remove", id);
  });
}
