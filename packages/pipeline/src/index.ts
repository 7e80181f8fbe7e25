export { explore, type ExploreEvent, type ExploreOptions } from "./explore/explore.ts";
export { filesBelow, singleFile } from "./files.ts";
export { readReport, type ReportFile } from "./read-report.ts";
export { resolveReferences, type Places } from "./resolve.ts";
export { runGraph } from "./run-graph.ts";
export type { GraphEvent, RunGraphOptions } from "./run-nodes.ts";
export { runStudy } from "./run-study.ts";
export { isStage, STAGES, type StageKind } from "./stages/index.ts";
export type { Artifact, NamedReport, Resumable, Stage, StageContext, StageEnd, StageEvent } from "./stages/stage.ts";
