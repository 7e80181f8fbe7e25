import { FILES } from "../blobs/files.ts";
import { prismaOf, type Database } from "../database.ts";

/** Datasets of a project with their files, by name. */
export const listDatasets = (db: Database, projectId: string) =>
  prismaOf(db).dataset.findMany({
    where: { projectId, deletedAt: null },
    orderBy: { name: "asc" },
    include: { files: FILES },
  });
