import { z } from "zod";
import type { Run } from "../../api/types.ts";

const Progress = z.object({ phase: z.string(), done: z.number(), total: z.number(), unit: z.string() });

/** Of a study: its children that have ended. */
export function progressOf({
  progress,
  children,
}: Pick<Run, "progress" | "children">): z.infer<typeof Progress> | null {
  if (children.length > 0)
    return {
      phase: "runs",
      unit: "runs",
      total: children.length,
      done: children.filter(({ endedAt }) => endedAt !== null).length,
    };
  return Progress.safeParse(progress).data ?? null;
}
