import { WORK_KINDS } from "@uniarm/pipeline/schema";
import { z } from "zod";
import { Resources, type Site } from "./site.ts";

const Offered = Resources.omit({ lines: true }).extend({
  furtherOptions: z
    .int()
    .positive()
    .optional()
    .describe("which of the site's lists of further options; what they say stays with the worker"),
});
export type Offered = z.infer<typeof Offered>;

/** What a site offers, as its worker tells the server: what jobs ask for. How they are set up is nobody else's business, and may hold secrets. */
export const SlurmOffer = z.object({
  job: Offered,
  kinds: z.partialRecord(z.enum(WORK_KINDS), Offered),
  projects: z.record(z.string(), Offered),
  labels: z.record(z.string(), Offered),
  arrayTasks: z.int().min(1),
});
export type SlurmOffer = z.infer<typeof SlurmOffer>;

/** Lists of further options keep a number each, so that jobs that ask for the same are still known. */
export function offerOf({ job, kinds, projects, labels, arrayTasks }: Site): SlurmOffer {
  const lists: string[] = [];
  const offered = ({ lines, ...rest }: Resources): Offered => {
    if (lines === undefined) return rest;
    const list = JSON.stringify(lines);
    if (!lists.includes(list)) lists.push(list);
    return { ...rest, furtherOptions: lists.indexOf(list) + 1 };
  };
  const each = <K extends string>(layers: Partial<Record<K, Resources>>): Record<K, Offered> =>
    Object.fromEntries(
      Object.entries<Resources | undefined>(layers).map(([name, one]) => [name, offered(one ?? {})]),
    ) as Record<K, Offered>;
  return { job: offered(job), kinds: each(kinds), projects: each(projects), labels: each(labels), arrayTasks };
}
