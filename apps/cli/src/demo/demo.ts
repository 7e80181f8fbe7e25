import type { EvaluationReport, Generation, Score } from "@uniarm/core/schema";
import type { ParetoPlot } from "@uniarm/eval";
import type { Plan } from "@uniarm/pipeline/schema";
import type { Progress } from "../progress.ts";

export interface DemoTools {
  folder: string;
  progress: Progress;
  json: boolean;
  signal: AbortSignal;
}

export type DemoReports = Record<"guided" | "base", EvaluationReport>;

/** The steered answers and their scores. */
export interface Steered {
  generations: readonly Generation[];
  scores: readonly Score[];
}

/** What a demo shows at its end. */
export interface Shown {
  plot: Pick<ParetoPlot, "title" | "objectives">;
  /** a front beside those of the method and the base model */
  optimum?: ParetoPlot["fronts"][number];
  /** the front, the figures and some answers, as text */
  summary: (reports: DemoReports, steered: Steered) => string;
  /** what the summary knows that the reports do not */
  figures?: Record<string, unknown>;
}

/** A demo with its settings: what is made first, the study that it is, and how that is shown. */
export interface Demo {
  /** of its recorded run */
  name: string;
  method: string;
  /** its settings, as its recorded run has them */
  config: Record<string, unknown>;
  /** Makes what the study reads. What is there is not made again. */
  prepare: (tools: DemoTools) => Promise<void>;
  plan: (folder: string) => Plan;
  shown: Shown;
}
