import { UniArmError } from "@uniarm/core/schema";
import { auditEntry } from "../access/audit.ts";
import { prismaOf, type Database } from "../database.ts";
import { newId } from "../id.ts";

/** A way to look at the runs of a project, under a name. */
export interface SavedView {
  id: string;
  name: string;
  /** what stands in the address of the list: the page's to read */
  search: ViewSearch;
  createdBy: string;
  updatedAt: Date;
}

export type ViewSearch = Record<string, string | boolean>;

export interface NewView {
  projectId: string;
  name: string;
  search: ViewSearch;
  /** take the place of the view that has the name */
  replace: boolean;
}

const MOST = 200;

/** Views of a project, by name. */
export async function listViews(db: Database, projectId: string): Promise<SavedView[]> {
  const views = await prismaOf(db).savedView.findMany({
    where: { projectId },
    orderBy: { name: "asc" },
    omit: { projectId: true },
  });
  return views.map((view) => ({ ...view, search: view.search as ViewSearch }));
}

/** @returns its id. @throws UniArmError name-taken, views-full */
export async function saveView(
  db: Database,
  { projectId, name, search, replace }: NewView,
  actor: string,
): Promise<string> {
  return prismaOf(db).$transaction(async (prisma) => {
    await prisma.$queryRaw`SELECT 1 FROM "Project" WHERE id = ${projectId} FOR UPDATE`; // two may save one name
    const known = await prisma.savedView.findUnique({ where: { projectId_name: { projectId, name } } });
    if (known && !replace)
      throw new UniArmError("name-taken", `The project has a view called ${name}. Choose another name, or replace it.`);
    if (!known && (await prisma.savedView.count({ where: { projectId } })) >= MOST)
      throw new UniArmError("views-full", `The project has ${MOST} views, the most there may be. Delete some first.`);
    const id = known?.id ?? newId();
    const content = { search, createdBy: actor, updatedAt: new Date() };
    await prisma.savedView.upsert({ where: { id }, create: { id, projectId, name, ...content }, update: content });
    await auditEntry(prisma, actor, "views.save", id, { name });
    return id;
  });
}

/** @throws UniArmError view-missing */
export async function deleteView(db: Database, id: string, actor: string): Promise<void> {
  await prismaOf(db).$transaction(async (prisma) => {
    const { count } = await prisma.savedView.deleteMany({ where: { id } });
    if (count === 0) throw new UniArmError("view-missing", `There is no view ${id}; somebody may have deleted it.`);
    await auditEntry(prisma, actor, "views.delete", id);
  });
}
