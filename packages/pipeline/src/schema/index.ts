/** The door without tensors: what studies and jobs are, for servers, databases and pages. */
export { judgesAsked } from "./judges-asked.ts";
export { scoringPrograms } from "./scoring-programs.ts";
export { differingPaths, flattenConfig, type Setting } from "./flatten-config.ts";
export {
  fieldLabel,
  METRIC_SUMMARIES,
  metricField,
  metricName,
  partsOf,
  type MetricField,
  type MetricSummary,
} from "./field-name.ts";
export type { JobNode } from "./graph.ts";
export {
  ChoiceJob,
  ComparisonJob,
  DecodingJob,
  EvaluationJob,
  JudgeJob,
  PairsJob,
  PlaygroundJob,
  ScoringJob,
  SleepJob,
  TrainingJob,
  TrainingRun,
} from "./jobs.ts";
export { FEWEST_RUNS, importanceOf, type Importance, type Observation } from "./importance/importance.ts";
export { Exploration } from "./exploration.ts";
export { EndedReport, JobReport } from "./job-report.ts";
export {
  configSchema,
  isParentKind,
  isRecorded,
  JobKind,
  JOBS,
  LaunchKind,
  RecordedKind,
  WORK_KINDS,
  type WorkKind,
} from "./kinds.ts";
export { nearest } from "./nearest.ts";
export { checkInputs, planLaunch, type Plan } from "./plan.ts";
export { pathText, type Path } from "./path.ts";
export { readConfig, type Parsed, type PlannedRun, type Problem } from "./problems.ts";
export { RECORDED_EVENTS, RecordedEvent, RecordedRun } from "./recorded-run.ts";
export { parseReference, type Reference, type ReferenceField, type ReferenceType } from "./reference.ts";
export { referencesIn, replaceReferences, type Replacement } from "./references-in.ts";
export { DECIDED_BY_STUDY, DECODING_DECIDED_BY_STUDY, StudyConfig, StudyMethod } from "./study.ts";
export {
  MOST_SWEPT,
  SweepConfig,
  SweepSearch,
  sweptCount,
  sweptFields,
  SweptKind,
  sweptRuns,
  type SweptRange,
  type SweptRun,
} from "./sweep.ts";
export { sweptField, sweptValues } from "./swept-text.ts";
export { settingSteps } from "./with-setting.ts";
export {
  EVERYDAY_ANSWER_TOKENS,
  EVERYDAY_BATCH_ROWS,
  EVERYDAY_OBJECTIVES,
  EVERYDAY_PROGRAMS,
  EVERYDAY_PROTOCOL,
  EVERYDAY_REQUEST,
  EVERYDAY_SAMPLING,
  EVERYDAY_STEPS,
  EVERYDAY_STRENGTH,
  everydayTraining,
} from "./everyday.ts";
export {
  checkTimes,
  resourcesOf,
  SITE_TIMES,
  SiteLabel,
  siteOf,
  SiteProject,
  type Asking,
  type JobFate,
  type JobMeaning,
  type Layers,
} from "./site.ts";
export { askedText, hoursText, submissionSteps, type Counted, type SubmissionStep } from "./submission-steps.ts";
export { SHIPPED_TRAININGS } from "./shipped-training.ts";
export { STUDY_TEMPLATES, type StudyTemplate } from "./templates.ts";
export { hasTimedShards, timedShards, withShards } from "./timed-shards.ts";
export { studyCosts, type MethodPlan } from "./study-costs.ts";
