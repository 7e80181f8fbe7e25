export { openDatabase, type Database } from "./database.ts";
export { startPostgres, type EmbeddedPostgres } from "./embedded/start.ts";
export { migrate } from "./migrate/migrate.ts";
export { committedMigrations, type Migration } from "./migrate/migrations.ts";
export { listen, type Listener } from "./notify.ts";
export { newId } from "./id.ts";
export { contentHash } from "./hash.ts";

export { launchStudy, launchRun, type NewRun } from "./runs/launch.ts";
export { cancelRun, cloneRun, resumeRun } from "./runs/control.ts";
export { beginRecord } from "./runs/record.ts";
export { listRuns, type RunSummary } from "./runs/list.ts";
export { getRun, resolveRunId, resolveRunIds, FRONT_SUMMARY } from "./runs/get.ts";
export { comparedRuns, type ComparedFront, type ComparedRun } from "./runs/compare.ts";
export { estimateRuns, type RunEstimate } from "./runs/estimate.ts";
export { changesAfter, type NumberedChange } from "./runs/changes.ts";
export { readLogs } from "./runs/logs.ts";
export { deleteRuns, planDeletion, purgeRuns, restoreRuns } from "./runs/delete.ts";

export { claim, type Assignment } from "./attempts/claim.ts";
export { recordEvents } from "./attempts/record.ts";
export { heartbeat, type Pulse } from "./attempts/heartbeat.ts";
export { endAttempt } from "./attempts/end.ts";
export { reconcile } from "./attempts/reconcile.ts";
export { goodbyeWorker, helloWorker, listWorkers, seenWorker } from "./workers/workers.ts";

export { metricHistory, type Series } from "./metrics/history.ts";
export { BUCKET_WIDTHS } from "./metrics/store.ts";

export type { BlobStore } from "./blobs/store.ts";
export { openFolderStore } from "./blobs/folder-store.ts";
export { knownBlobs, registerBlob } from "./blobs/register.ts";
export { collectBlobs } from "./blobs/collect.ts";

export { createKey, findCaller, listKeys, revokeKey, SCOPES, type Caller, type Scope } from "./access/keys.ts";
export { endSession, findSession, SESSION_SECONDS, startSession } from "./access/sessions.ts";
export { audit } from "./access/audit.ts";
export { compareProtocols, getFront, listFronts, type FrontDetail, type FrontSummary } from "./fronts/read.ts";
export { frontAnswers, type FrontAnswer, type FrontAnswers } from "./fronts/answers.ts";
export { frontOverSteps, type FrontOverSteps } from "./fronts/over-steps.ts";
export { storeDataset } from "./blobs/datasets.ts";
export { applyRetention, RetentionPolicy } from "./blobs/retention.ts";
