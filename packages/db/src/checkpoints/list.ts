import { FILES } from "../blobs/files.ts";
import { prismaOf, type Database } from "../database.ts";

/** Checkpoints of a run with their files, oldest first. */
export const listCheckpoints = (db: Database, runId: string) =>
  prismaOf(db).checkpoint.findMany({
    where: { runId, deletedAt: null },
    orderBy: [{ createdAt: "asc" }, { step: "asc" }],
    include: { files: FILES },
  });
