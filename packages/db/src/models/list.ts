import { prismaOf, type Database } from "../database.ts";

const MOST = 1000;

/** Base models, by name. */
export const listModels = (db: Database) =>
  prismaOf(db).model.findMany({
    orderBy: { name: "asc" },
    take: MOST,
    select: { id: true, name: true, folder: true, createdAt: true },
  });
