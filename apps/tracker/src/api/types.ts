import type { Outputs } from "@uniarm/client";

export type { Inputs, LiveNews, Outputs, Run, RunChange } from "@uniarm/client";

export type RunRow = Outputs["runs"]["list"]["runs"][number];
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
