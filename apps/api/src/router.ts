import { groups, keys, models, projects } from "./routers/admin.ts";
import { arms } from "./routers/arms.ts";
import { compare } from "./routers/compare.ts";
import { artifacts, checkpoints, datasets } from "./routers/files.ts";
import { evaluations, fronts } from "./routers/fronts.ts";
import { logs, metrics } from "./routers/history.ts";
import { playground } from "./routers/playground.ts";
import { runs } from "./routers/runs.ts";
import { system } from "./routers/system.ts";
import { tinyWorld } from "./routers/tiny-world.ts";
import { work } from "./routers/work.ts";
import { router } from "./trpc.ts";

export const appRouter = router({
  projects,
  groups,
  runs,
  metrics,
  logs,
  checkpoints,
  artifacts,
  fronts,
  evaluations,
  compare,
  models,
  datasets,
  arms,
  playground,
  tinyWorld,
  keys,
  system,
  work,
});
export type AppRouter = typeof appRouter;
