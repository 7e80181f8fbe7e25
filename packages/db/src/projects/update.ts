import { LIMITS, UniArmError } from "@uniarm/core/schema";
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
  /** come after those that are pinned already */
  pinMetrics?: readonly string[] | undefined;
  unpinMetrics?: readonly string[] | undefined;
}

/** @throws UniArmError pins-full */
export async function updateProject(db: Database, id: string, changes: ProjectChanges, actor: string): Promise<void> {
  const { name, description, retention, archived } = changes;
  await prismaOf(db).$transaction(async (prisma) => {
    const pinnedMetrics = await pinsAfter(prisma, id, changes);
    await prisma.project.update({
      where: { id },
      data: {
        name,
        description,
        retention: retention === null ? Prisma.DbNull : retention,
        archivedAt: archived === undefined ? undefined : archived ? new Date() : null,
        pinnedMetrics,
      },
    });
    await auditEntry(prisma, actor, "projects.update", id, changes);
  });
}

/** Pins are added and removed one by one: two readers who pin at once both have theirs. */
async function pinsAfter(
  prisma: Prisma.TransactionClient,
  id: string,
  { pinMetrics = [], unpinMetrics = [] }: ProjectChanges,
): Promise<string[] | undefined> {
  if (pinMetrics.length + unpinMetrics.length === 0) return undefined;
  await prisma.$queryRaw`SELECT 1 FROM "Project" WHERE id = ${id} FOR UPDATE`;
  const { pinnedMetrics } = await prisma.project.findUniqueOrThrow({ where: { id } });
  const pins = [...new Set([...pinnedMetrics, ...pinMetrics])].filter((key) => !unpinMetrics.includes(key));
  if (pins.length > Math.max(LIMITS.pinned, pinnedMetrics.length))
    throw new UniArmError(
      "pins-full",
      `A project has at most ${LIMITS.pinned} pinned metrics; with these it would have ${pins.length}. Unpin some first.`,
    );
  return pins;
}
