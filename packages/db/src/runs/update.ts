import { auditEntry } from "../access/audit.ts";
import { prismaOf, type Database } from "../database.ts";

/** What is left out stays as it is. */
export interface RunChanges {
  name?: string | undefined;
  notes?: string | undefined;
  tags?: readonly string[] | undefined;
  archived?: boolean | undefined;
}

/** Changes what people say of a run; what it does cannot be changed. */
export async function updateRun(db: Database, id: string, changes: RunChanges, actor: string): Promise<void> {
  const { name, notes, tags, archived } = changes;
  const prisma = prismaOf(db);
  await prisma.$transaction([
    prisma.run.update({
      where: { id },
      data: {
        name,
        notes,
        tags: tags && [...new Set(tags)],
        archivedAt: archived === undefined ? undefined : archived ? new Date() : null,
      },
      select: { id: true },
    }),
    auditEntry(prisma, actor, "runs.update", id, changes),
  ]);
}
