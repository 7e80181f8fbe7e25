import type { Database } from "../database.ts";

/** Notes who did what to what: every change that a person asked for. */
export async function audit(
  { prisma }: Database,
  actor: string,
  action: string,
  target: string,
  detail: object = {},
): Promise<void> {
  await prisma.auditEntry.create({ data: { actor, action, target, detail } });
}
