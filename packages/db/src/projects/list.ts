import { RetentionPolicy } from "../blobs/retention.ts";
import { poolOf, prismaOf, type Database } from "../database.ts";

export interface ProjectSummary {
  id: string;
  name: string;
  description: string;
  retention: RetentionPolicy | null;
  createdAt: Date;
  archivedAt: Date | null;
  /** metrics that pages show before all others, in this order */
  pinnedMetrics: string[];
  /** how many, by state */
  runs: Record<string, number>;
  /** of the files that its runs refer to */
  bytes: number;
}

const MOST = 1000;

/** Projects with their runs by state and the size of their files, by name. */
export async function listProjects(db: Database, { archived }: { archived: boolean }): Promise<ProjectSummary[]> {
  const projects = await prismaOf(db).project.findMany({
    where: { archivedAt: archived ? { not: null } : null },
    orderBy: { name: "asc" },
    take: MOST,
  });
  const states = await prismaOf(db).run.groupBy({
    by: ["projectId", "state"],
    where: { deletedAt: null },
    _count: true,
  });
  const { rows: sizes } = await poolOf(db).query<{ projectId: string; bytes: number }>(
    `SELECT r."projectId", sum(f.size)::bigint AS bytes FROM (
       SELECT DISTINCT coalesce(c."runId", a."runId") AS "runId", f.sha256, f.size FROM "StoredFile" f
         LEFT JOIN "Checkpoint" c ON c.id = f."checkpointId" LEFT JOIN "Artifact" a ON a.id = f."artifactId") f
     JOIN "Run" r ON r.id = f."runId" GROUP BY r."projectId"`,
  );
  return projects.map((project) => ({
    ...project,
    retention: project.retention === null ? null : RetentionPolicy.parse(project.retention),
    runs: Object.fromEntries(
      states.filter(({ projectId }) => projectId === project.id).map(({ state, _count }) => [state, _count]),
    ),
    bytes: sizes.find(({ projectId }) => projectId === project.id)?.bytes ?? 0,
  }));
}
