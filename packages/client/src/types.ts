import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { inferAsyncIterableYield } from "@trpc/server/unstable-core-do-not-import";
import type { AppRouter } from "./router.ts";

/** What procedures take: `Inputs["runs"]["launch"]`. */
export type Inputs = inferRouterInputs<AppRouter>;
/** What procedures give: `Outputs["runs"]["list"]`. */
export type Outputs = inferRouterOutputs<AppRouter>;

export type Run = Outputs["runs"]["get"];
/** What happens to a run, numbered without gaps. */
export type RunChange = inferAsyncIterableYield<Outputs["runs"]["changes"]>["data"];
/** News of one of the runs and projects that a stream follows. */
export type LiveNews = inferAsyncIterableYield<Outputs["live"]["follow"]>["data"];
