import { auditEntry } from "../access/audit.ts";
import { prismaOf, type Database } from "../database.ts";

/** Removes a dataset; its files go with `collectBlobs`. One that does not exist is no error. */
export async function deleteDataset(db: Database, id: string, actor: string): Promise<void> {
  const prisma = prismaOf(db);
  await prisma.$transaction([
    prisma.dataset.deleteMany({ where: { id } }),
    auditEntry(prisma, actor, "datasets.delete", id),
  ]);
}
