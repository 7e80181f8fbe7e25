import type { Opened } from "./opened.ts";

/** Every page over recorded demos, in each of its states that looks different. */
export function pathsOf({ frontOf }: Opened): string[] {
  const [two, three] = [frontOf("uniarm"), frontOf("uniarm", 3)];
  const runs = `${two.runId},${frontOf("parm").runId}`;
  return [
    "/fronts",
    `/fronts/${two.id}?point=3`,
    `/fronts/${three.id}`,
    `/fronts/${three.id}?view=parallel`,
    `/fronts?ids=${two.id},${frontOf("parm").id}`,
    `/fronts?ids=${two.id},${three.id}`,
    ...["", "&view=config", "&view=summary&seeds=true", "&view=parallel", "&view=importance"].map(
      (view) => `/compare?runs=${runs}${view}`,
    ),
    "/compare",
    "/playground",
    `/playground?checkpoint=${three.runId}`,
    `/playground?checkpoint=${two.runId}&preferences=0,1;1,0&base=true&prompt=How+do+I+heat+the+mirror%3F&sweep=0`,
    ...["keys", "storage", "health", "models", "datasets", "webhooks", "audit", "about"].map(
      (tab) => `/settings?tab=${tab}`,
    ),
  ];
}
