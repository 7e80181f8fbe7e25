import { arms } from "./routers/arms.ts";
import { artifacts } from "./routers/artifacts.ts";
import { checkpoints } from "./routers/checkpoints.ts";
import { compare } from "./routers/compare.ts";
import { datasets } from "./routers/datasets.ts";
import { evaluations, fronts } from "./routers/fronts.ts";
import { logs, metrics } from "./routers/history.ts";
import { keys } from "./routers/keys.ts";
import { live } from "./routers/live.ts";
import { models } from "./routers/models.ts";
import { playground } from "./routers/playground.ts";
import { groups, projects } from "./routers/projects.ts";
import { runs } from "./routers/runs.ts";
import { selections } from "./routers/selections.ts";
import { system } from "./routers/system.ts";
import { tinyWorld } from "./routers/tiny-world.ts";
import { views } from "./routers/views.ts";
import { webhooks } from "./routers/webhooks.ts";
import { work } from "./routers/work.ts";
import { router } from "./trpc.ts";

export const appRouter = router({
  projects,
  groups,
  runs,
  live,
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
  selections,
  system,
  views,
  webhooks,
  work,
});
export type AppRouter = typeof appRouter;
