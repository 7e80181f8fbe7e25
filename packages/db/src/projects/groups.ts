import { prismaOf, type Database } from "../database.ts";

export interface GroupSummary {
  id: string;
  projectId: string;
  name: string;
  description: string;
  createdAt: Date;
  archivedAt: Date | null;
  /** how many */
  runs: number;
}

const MOST = 1000;

/** Groups of a project that are not archived, newest first. */
export async function listGroups(db: Database, projectId: string): Promise<GroupSummary[]> {
  const groups = await prismaOf(db).group.findMany({
    where: { projectId, archivedAt: null },
    orderBy: { createdAt: "desc" },
    include: { _count: { select: { runs: true } } },
    take: MOST,
  });
  return groups.map(({ _count, ...group }) => ({ ...group, runs: _count.runs }));
}
