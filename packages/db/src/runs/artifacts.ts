import { FILES } from "../blobs/files.ts";
import { prismaOf, type Database } from "../database.ts";

/** Outputs of a run with their files, by name; those that it took from another run count as its own. */
export async function listArtifacts(db: Database, runId: string) {
  const { cachedFromId } = await prismaOf(db).run.findUniqueOrThrow({
    where: { id: runId },
    select: { cachedFromId: true },
  });
  return prismaOf(db).artifact.findMany({
    where: { runId: cachedFromId ?? runId, deletedAt: null },
    orderBy: { name: "asc" },
    include: { files: FILES },
  });
}
