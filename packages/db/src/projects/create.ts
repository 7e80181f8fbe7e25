import { auditEntry } from "../access/audit.ts";
import { prismaOf, type Database } from "../database.ts";
import { newId } from "../id.ts";

/** Makes a project; its name must be new. @returns its id */
export async function createProject(
  db: Database,
  project: { name: string; description: string },
  actor: string,
): Promise<string> {
  const id = newId();
  const prisma = prismaOf(db);
  await prisma.$transaction([
    prisma.project.create({ data: { id, ...project } }),
    auditEntry(prisma, actor, "projects.create", id, project),
  ]);
  return id;
}
