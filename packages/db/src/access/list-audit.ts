import { prismaOf, type Database } from "../database.ts";

/** Who changed what, newest first; `before` is the number of the last entry of the page before. */
export const listAudit = (db: Database, { before, limit }: { before?: number | undefined; limit: number }) =>
  prismaOf(db).auditEntry.findMany({
    where: before === undefined ? {} : { id: { lt: before } },
    orderBy: { id: "desc" },
    take: limit,
  });
