import { auditEntry } from "../access/audit.ts";
import { prismaOf, type Database } from "../database.ts";
import { newId } from "../id.ts";

/** Names a model folder of the workers; the name must be new. @returns its id */
export async function addModel(db: Database, model: { name: string; folder: string }, actor: string): Promise<string> {
  const id = newId();
  const prisma = prismaOf(db);
  await prisma.$transaction([
    prisma.model.create({ data: { id, ...model } }),
    auditEntry(prisma, actor, "models.add", id, model),
  ]);
  return id;
}
