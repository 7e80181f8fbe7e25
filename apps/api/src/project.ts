import { UniArmError } from "@uniarm/core/schema";
import { newId, type Database } from "@uniarm/db";

/** The ids of a project and a group by name or id. With `create`, those that are not there are made. @throws UniArmError project-missing */
export async function projectId(
  { prisma }: Database,
  project: string,
  experiment?: string,
  create = true,
): Promise<{ projectId: string; experimentId?: string }> {
  const found = await prisma.project.findFirst({
    where: { OR: [{ name: project }, { id: project }] },
    select: { id: true },
  });
  if (!found && !create)
    throw new UniArmError(
      "project-missing",
      `There is no project "${project}". See those there are: uniarm projects ls`,
    );
  const { id } =
    found ??
    (await prisma.project.upsert({
      where: { name: project },
      create: { id: newId(), name: project },
      update: {},
      select: { id: true },
    }));
  if (experiment === undefined) return { projectId: id };
  const group = await prisma.experiment.upsert({
    where: { projectId_name: { projectId: id, name: experiment } },
    ...{ create: { id: newId(), projectId: id, name: experiment }, update: {}, select: { id: true } },
  });
  return { projectId: id, experimentId: group.id };
}
