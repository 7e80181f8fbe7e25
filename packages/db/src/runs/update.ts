import { UniArmError } from "@uniarm/core/schema";
import { auditEntry } from "../access/audit.ts";
import { prismaOf, type Database } from "../database.ts";

/** What is left out stays as it is. */
export interface RunChanges {
  name?: string | undefined;
  notes?: string | undefined;
  tags?: readonly string[] | undefined;
  addTags?: readonly string[] | undefined;
  removeTags?: readonly string[] | undefined;
  archived?: boolean | undefined;
  /** what the change was made from */
  before?: { name?: string | undefined; notes?: string | undefined } | undefined;
}

export const MOST_TAGS = 50;

/**
 * Changes what people say of a run; what it does cannot be changed.
 * @throws UniArmError run-changed where somebody else was faster, run-tags where there would be too many
 */
export async function updateRun(db: Database, id: string, changes: RunChanges, actor: string): Promise<void> {
  const { name, notes, archived, before = {}, ...tagChanges } = changes;
  await prismaOf(db).$transaction(async (prisma) => {
    await prisma.$queryRaw`SELECT 1 FROM "Run" WHERE id = ${id} FOR UPDATE`;
    const run = await prisma.run.findUniqueOrThrow({ where: { id }, select: { name: true, notes: true, tags: true } });
    for (const field of ["name", "notes"] as const)
      if (before[field] !== undefined && before[field] !== run[field] && changes[field] !== run[field])
        throw new UniArmError(
          "run-changed",
          `The ${field} of this run changed meanwhile. Read what they are now, and save again what shall stay.`,
        );
    await prisma.run.update({
      where: { id },
      data: {
        name,
        notes,
        tags: tagsAfter(run.tags, tagChanges),
        archivedAt: archived === undefined ? undefined : archived ? new Date() : null,
      },
      select: { id: true },
    });
    const { before: _, ...noted } = changes;
    await auditEntry(prisma, actor, "runs.update", id, noted);
  });
}

function tagsAfter(
  now: readonly string[],
  { tags = now, addTags = [], removeTags = [] }: Pick<RunChanges, "tags" | "addTags" | "removeTags">,
): string[] {
  const after = [...new Set([...tags, ...addTags])].filter((tag) => !removeTags.includes(tag));
  if (after.length > MOST_TAGS && after.length > now.length)
    throw new UniArmError("run-tags", `A run has at most ${MOST_TAGS} tags; it would have ${after.length}.`);
  return after;
}
