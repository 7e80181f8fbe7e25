import { UniArmError } from "@uniarm/core/schema";
import { prismaOf, type Database } from "../database.ts";

/** The id of a project by its name or id. @throws UniArmError project-missing */
export async function findProject(db: Database, project: string): Promise<string> {
  const found = await prismaOf(db).project.findFirst({
    where: { OR: [{ name: project }, { id: project }] },
    select: { id: true },
  });
  if (found) return found.id;
  throw new UniArmError("project-missing", `There is no project "${project}". See those there are: uniarm projects ls`);
}
