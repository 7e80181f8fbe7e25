import { LIMITS, quotedItems, UniArmError } from "@uniarm/core/schema";
import { findProject, resolveRunId, type Database, type ListRuns } from "@uniarm/db";
import { z } from "zod";
import { Flag, Project } from "./trpc.ts";

/** Which runs are asked for, in which order, with what. */
export const RunsAsked = z.object({
  project: Project.optional(),
  filter: z
    .string()
    .max(LIMITS.filter)
    .optional()
    .describe("e.g. state = RUNNING metric.loss < 0.5 config.optimizer.learningRate > 0.001 tag = seed-1"),
  zone: z
    .string()
    .max(60)
    .optional()
    .describe("time zone of dates in the filter that name none, such as Europe/Berlin; default: UTC"),
  sort: z.string().max(300).optional().describe("a field, - before it for descending: -created, metric.loss"),
  columns: z
    .string()
    .max(LIMITS.list)
    .optional()
    .describe('fields to give besides, with commas: config.PATH, metric.KEY, metric."with, marks"'),
  parent: z.string().max(40).optional().describe("only children of this run; none: only runs without a parent"),
  archived: Flag,
});
export type RunsAsked = z.output<typeof RunsAsked>;

/** @throws UniArmError project-missing, run-missing, list-quotes */
export async function listOf(
  db: Database,
  { project, parent, columns, archived, ...rest }: RunsAsked,
): Promise<ListRuns> {
  return {
    ...rest,
    ...(project === undefined ? {} : { projectId: await findProject(db, project) }),
    ...(parent === undefined ? {} : { parentId: parent === "none" ? null : await resolveRunId(db, parent) }),
    archived: archived === "true",
    columns: columnsOf(columns),
  };
}

function columnsOf(text = ""): string[] {
  const columns = quotedItems(text); // they keep their quotes: they are fields as a filter has them
  if (!columns) throw new UniArmError("list-quotes", `A quote is not closed in the columns ${text}.`);
  return columns;
}
