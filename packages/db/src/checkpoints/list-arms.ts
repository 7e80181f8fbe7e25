import { prismaOf, type Database } from "../database.ts";

/** Checkpoints of a project that hold an ARM, newest first. */
export async function listArms(db: Database, { projectId, limit }: { projectId: string; limit: number }) {
  const found = await prismaOf(db).checkpoint.findMany({
    where: { deletedAt: null, run: { projectId, deletedAt: null, kind: { in: ["train", "demo"] } } },
    orderBy: [{ createdAt: "desc" }, { step: "desc" }],
    take: limit,
    select: {
      id: true,
      step: true,
      best: true,
      createdAt: true,
      run: { select: { id: true, name: true, kind: true } },
    },
  });
  return found.map(({ id, ...checkpoint }) => ({ checkpointId: id, ...checkpoint }));
}
