export type { AppRouter } from "./router.ts";
export type { LaunchInput } from "./launch.ts";
export type { RunDetail } from "./routers/runs.ts";
