export type { AppRouter } from "./router.ts";
export type { LaunchInput, RunDetail } from "./routers/runs.ts";
