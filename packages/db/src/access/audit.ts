import { prismaOf, type Database } from "../database.ts";
import type { PrismaClient } from "../generated/client.ts";

/** Notes who did what to what: every change that a person asked for. */
export async function audit(
  db: Database,
  actor: string,
  action: string,
  target: string,
  detail: object = {},
): Promise<void> {
  await auditEntry(prismaOf(db), actor, action, target, detail);
}

/** The same as one statement of the change's own transaction. */
export const auditEntry = (
  prisma: Pick<PrismaClient, "auditEntry">,
  actor: string,
  action: string,
  target: string,
  detail: object = {},
) => prisma.auditEntry.create({ data: { actor, action, target, detail }, select: { id: true } });
