export { openDatabase, type Database } from "./database.ts";
export { databaseProblem, type DatabaseProblem } from "./problem.ts";
export type { EmbeddedPostgres } from "./embedded/start.ts";
export { embeddedPostgres, startPostgres } from "./embedded/start-lazily.ts";
export { migrate } from "./migrate/migrate.ts";
export { committedMigrations, type Migration } from "./migrate/migrations.ts";
export { withoutPassword } from "./connection-error.ts";
export { listen, type Listener } from "./notify.ts";
export { newId } from "./id.ts";
export { contentHash } from "./hash.ts";

export { createProject } from "./projects/create.ts";
export { ensureProject } from "./projects/ensure.ts";
export { findProject } from "./projects/find.ts";
export { listGroups, type GroupSummary } from "./projects/groups.ts";
export { listProjects, type ProjectSummary } from "./projects/list.ts";
export { updateProject } from "./projects/update.ts";

export { launchStudy, launchRun, type NewRun } from "./runs/launch.ts";
export { advanceSweeps, launchSweep, type NewSweep } from "./runs/launch-sweep.ts";
export { estimateRuns, type RunEstimate } from "./runs/estimate.ts";
export { cancelRun, cloneRun, resumeRun } from "./runs/control.ts";
export { updateRun } from "./runs/update.ts";
export { deleteRuns, planDeletion, purgeRuns, restoreRuns, type DeletionPlan } from "./runs/delete.ts";
export { listTrash, resolveDeletedIds, type DeletedRun } from "./runs/trash.ts";
export { beginRecord } from "./runs/record.ts";
export { listRuns, type ListRuns, type RunSummary } from "./runs/list.ts";
export { getRun, resolveRunId, resolveRunIds } from "./runs/get.ts";
export { filterWords, type FilterWords } from "./runs/filter-words.ts";
export { countRuns } from "./runs/count.ts";
export { comparedRuns, type ComparedFront, type ComparedRun } from "./runs/compare.ts";
export { listArtifacts } from "./runs/artifacts.ts";
export { readLogs } from "./runs/logs.ts";
export { changesAfter, type NumberedChange } from "./runs/changes.ts";
export { changedRuns, type ChangedRuns } from "./runs/changed.ts";
export { heldSlots } from "./runs/holding-slots.ts";
export { runNow, type RunNow } from "./runs/now.ts";

export { askPlayground, forgetPlaygrounds, keepPlaygroundRequest, leavePlayground } from "./playground/ask.ts";
export { deliverAnswers, fetchAnswers, MOST_UNREAD, type AnsweredRequest } from "./playground/answers.ts";
export { findPlayground, type Held } from "./playground/find.ts";
export { arePlaygroundsHeld, playgroundHolder, releasePlayground } from "./playground/hold.ts";
export { queuedWaits } from "./runs/queued-waits.ts";
export { playgroundOrders, type AttemptOf, type OrderWithId } from "./playground/orders.ts";

export { claim, type Assignment } from "./attempts/claim.ts";
export { noteProcess } from "./attempts/note-process.ts";
export { recordEvents } from "./attempts/record.ts";
export { heartbeat, type Pulse } from "./attempts/heartbeat.ts";
export { endAttempt } from "./attempts/end.ts";
export { liveRunOf } from "./attempts/live-run.ts";
export { reconcile } from "./attempts/reconcile.ts";
export {
  forgetWorkers,
  goodbyeWorker,
  helloWorker,
  listWorkers,
  seenWorker,
  workerVersion,
} from "./workers/workers.ts";

export { metricHistory, type Series } from "./metrics/history.ts";
export { listMetricNames, type MetricName } from "./metrics/list-names.ts";
export { listSeries } from "./metrics/list-series.ts";
export { BUCKET_WIDTHS } from "./metrics/store.ts";

export { findArmCheckpoint } from "./checkpoints/find-arm.ts";
export { listArms } from "./checkpoints/list-arms.ts";
export { listCheckpoints } from "./checkpoints/list.ts";
export { markCheckpoint } from "./checkpoints/mark.ts";

export { compareProtocols, getFront, listFronts, type FrontDetail, type FrontSummary } from "./fronts/read.ts";
export { frontChoices, type FrontChoices } from "./fronts/choices.ts";
export { frontAnswers, type FrontAnswer, type FrontAnswers } from "./fronts/answers.ts";
export { frontOverSteps, type FrontOverSteps } from "./fronts/over-steps.ts";
export { listEvaluations, type StoredEvaluation } from "./fronts/evaluations.ts";

export { deleteDataset } from "./datasets/delete.ts";
export { knownDatasets, listDatasets } from "./datasets/list.ts";
export { storeDataset } from "./datasets/store.ts";
export { addModel } from "./models/add.ts";
export { listModels } from "./models/list.ts";
export { removeModel } from "./models/remove.ts";

export type { BlobIdentity, BlobReader, BlobStore } from "./blobs/store.ts";
export { blobMissing } from "./blobs/announced.ts";
export { copyBlobs, type CopiedBlobs } from "./blobs/copy.ts";
export { assertBlobs, openBlobReader, openBlobStore } from "./blobs/open-store.ts";
export { knownBlobs, registerBlob } from "./blobs/register.ts";
export { collectBlobs } from "./blobs/collect.ts";
export { applyRetention, RetentionPolicy } from "./blobs/retention.ts";

export { backUp, type BackedUp } from "./backup/back-up.ts";
export { openBackup, restorePlatform, type Restored } from "./backup/restore.ts";

export {
  createFirstAdminKey,
  createKey,
  findCaller,
  listKeys,
  revokeKey,
  SCOPES,
  type Caller,
  type Scope,
} from "./access/keys.ts";
export { endSession, findSession, removeExpiredSessions, SESSION_SECONDS, startSession } from "./access/sessions.ts";
export { databaseIdentity } from "./housekeeping/identity.ts";
export { audit } from "./access/audit.ts";
export { listAudit } from "./access/list-audit.ts";

export { describeDatabase } from "./housekeeping/describe.ts";
export { pingDatabase } from "./housekeeping/ping.ts";
export { scheduleHourly } from "./housekeeping/schedule.ts";
export { findSelection } from "./selections/find.ts";
export { storeSelection } from "./selections/store.ts";
export { deleteView, listViews, saveView, type NewView, type SavedView } from "./views/views.ts";

export { WEBHOOK_EVENTS, type WebhookEvent } from "./webhooks/events.ts";
export { addWebhook, listWebhooks, removeWebhook, type NewWebhook, type WebhookSummary } from "./webhooks/webhooks.ts";
export { tellStalled } from "./webhooks/tell.ts";
export {
  addTestDelivery,
  forgetDeliveries,
  listDeliveries,
  MOST_TRIES,
  noteDelivery,
  takeDeliveries,
  type Delivery,
  type DeliveryEntry,
  type Tried,
} from "./webhooks/deliveries.ts";
