import type { EvaluationReport, RunEvent } from "@uniarm/core/schema";

/** What a stage puts out: named files, a path in the artifact to where it lies. */
export interface Artifact {
  type: "artifact";
  name: string;
  /** rows, where it is a list */
  count?: number;
  files: Record<string, string>;
}

/** A front under its name. */
export interface NamedReport {
  type: "report";
  name: string;
  method?: string;
  report: EvaluationReport;
}

/** The last thing a stage says. A stage that fails throws. */
export interface StageEnd {
  type: "ended";
  end: "SUCCEEDED" | "STOPPED";
  reason: string;
}

/** What lies in a folder is enough to resume from; drivers that may lose the disk keep a copy now and then. */
export interface Resumable {
  type: "resumable";
  step: number;
  path: string;
}

/** What a stage yields: the events of the package that does the work, what it puts out, and how it ended. */
export type StageEvent = Exclude<RunEvent, { type: "report" }> | NamedReport | Artifact | Resumable | StageEnd;

export interface StageContext {
  /** stops the stage with what it has done so far */
  signal: AbortSignal;
  /** Where a file of the stage goes; what an earlier attempt left there is taken up again. */
  place: (name: string) => string;
  /** the stage's folder, which its driver has made: a training run fills it whole */
  folder: string;
}

/** A stage: its config, with every reference replaced by a path, becomes events. */
export type Stage = (config: unknown, context: StageContext) => AsyncGenerator<StageEvent>;
