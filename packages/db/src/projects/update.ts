import { auditEntry } from "../access/audit.ts";
import type { RetentionPolicy } from "../blobs/retention.ts";
import { prismaOf, type Database } from "../database.ts";
import { Prisma } from "../generated/client.ts";

/** What is left out stays as it is. */
export interface ProjectChanges {
  name?: string | undefined;
  description?: string | undefined;
  /** null: keeps all checkpoints */
  retention?: RetentionPolicy | null | undefined;
  archived?: boolean | undefined;
}

export async function updateProject(db: Database, id: string, changes: ProjectChanges, actor: string): Promise<void> {
  const { name, description, retention, archived } = changes;
  const prisma = prismaOf(db);
  await prisma.$transaction([
    prisma.project.update({
      where: { id },
      data: {
        name,
        description,
        retention: retention === null ? Prisma.DbNull : retention,
        archivedAt: archived === undefined ? undefined : archived ? new Date() : null,
      },
    }),
    auditEntry(prisma, actor, "projects.update", id, changes),
  ]);
}
