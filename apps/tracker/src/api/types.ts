import type { AppRouter } from "@uniarm/api";
import type { inferAsyncIterableYield } from "@trpc/server/unstable-core-do-not-import";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";

/** What procedures take and give: `Outputs["runs"]["list"]`. */
export type Inputs = inferRouterInputs<AppRouter>;
export type Outputs = inferRouterOutputs<AppRouter>;

export type RunRow = Outputs["runs"]["list"]["runs"][number];
export type Run = Outputs["runs"]["get"];
export type FrontRow = Outputs["fronts"]["list"]["fronts"][number];
export type Front = Outputs["fronts"]["get"];
export type Series = Outputs["metrics"]["history"]["series"][number];
export type MetricSummary = Outputs["metrics"]["keys"]["series"][number];
export type Checkpoint = Outputs["checkpoints"]["list"]["checkpoints"][number];
export type Artifact = Outputs["artifacts"]["list"]["artifacts"][number];
export type LogLine = Outputs["logs"]["read"]["lines"][number];
export type Project = Outputs["projects"]["list"]["projects"][number];
export type Worker = Outputs["system"]["workers"]["workers"][number];
export type Template = Outputs["system"]["templates"]["templates"][number];
/** What a run's live stream tells. */
export type RunChange = inferAsyncIterableYield<Outputs["runs"]["changes"]>["data"];
