import { RecordedKind } from "@uniarm/pipeline/schema";
import type { Prisma } from "../generated/client.ts";
import { prismaOf, type Database } from "../database.ts";

/** Recorded demos, whose config names no method, and whatever was trained but scorers. */
const MADE_BY = [
  { kind: "demo" },
  { kind: { in: ["train", ...RecordedKind.options] }, NOT: { config: { path: ["method"], equals: "scorer" } } },
] satisfies Prisma.RunWhereInput[];

/** Checkpoints of a project that hold an ARM, newest first. */
export async function listArms(db: Database, { projectId, limit }: { projectId: string; limit: number }) {
  const found = await prismaOf(db).checkpoint.findMany({
    where: { deletedAt: null, run: { projectId, deletedAt: null, OR: MADE_BY } },
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
