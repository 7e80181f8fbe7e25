import { FILES } from "../blobs/files.ts";
import { prismaOf, type Database } from "../database.ts";

/** Datasets of a project with their files, by name. */
export const listDatasets = (db: Database, projectId: string) =>
  prismaOf(db).dataset.findMany({
    where: { projectId, deletedAt: null },
    orderBy: { name: "asc" },
    include: { files: FILES },
  });

/** Which of these names or ids a project has a dataset of. */
export async function knownDatasets(db: Database, projectId: string, asked: readonly string[]): Promise<Set<string>> {
  const found = await prismaOf(db).dataset.findMany({
    where: { projectId, deletedAt: null, OR: [{ id: { in: [...asked] } }, { name: { in: [...asked] } }] },
    select: { id: true, name: true },
  });
  return new Set(found.flatMap(({ id, name }) => [id, name]));
}
