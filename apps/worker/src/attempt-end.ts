import { UniArmError } from "@uniarm/core/schema";
import type { AttemptOutcome } from "./attempt-outcome.ts";
import { diskProblem } from "./health/disk-problem.ts";
import type { JobExit, JobOver } from "./launcher/launcher.ts";

/** Why a job was asked to stop: its run was cancelled, or its worker has to stop. */
export type StopReason = "cancel" | "drain";

/** How an attempt ended, from what its job said last, how its process ended, and what was asked of it. */
export function outcomeOf(
  { last, exit, host, fate }: JobOver,
  stopping: StopReason | null,
  ownHost: string,
): AttemptOutcome {
  if (last?.end === "SUCCEEDED") return { end: "SUCCEEDED", reason: "" };
  if (last?.end === "FAILED") return { end: "FAILED", reason: last.reason };
  if (stopping === "cancel")
    return { end: "CANCELLED", reason: last ? "cancelled" : "cancelled; it did not stop in time and was killed" };
  if (stopping === "drain") return { end: "DRAINED", reason: "its worker was stopped" };
  if (fate) return fate;
  if (last?.end === "LOST") return { end: "LOST", reason: last.reason };
  if (last) return { end: "DRAINED", reason: last.reason };
  return { end: "LOST", reason: exitSentence(exit, host ?? ownHost) };
}

/** Exit codes above 128 name a signal, where a shell or a container stands between. */
function exitSentence({ code, signal, failure }: JobExit, host: string): string {
  if (failure !== undefined) return `its process could not be started on ${host}: ${failure}`;
  if (signal === "SIGKILL" || code === 137)
    return (
      `its process was killed (SIGKILL, exit code 137): when nobody did so, ${host} had no memory left. ` +
      "Let its worker run fewer at once (--slots), or give the run smaller batches"
    );
  if (signal === "SIGABRT" || code === 134)
    return `its process gave up (SIGABRT, exit code 134), on ${host}: most often it got no more memory; its log says more`;
  return signal ? `its process was killed (${signal})` : `its process ended with exit code ${code}`;
}

/** How an attempt ends when the worker itself fails: what this project calls an error would be one again, anything else may pass. */
export function outcomeOfError(
  error: unknown,
  { runId, folder, host }: { runId: string; folder: string; host: string },
): AttemptOutcome {
  const disk = diskProblem(error, folder, host);
  if (disk !== null) return { end: "LOST", reason: disk };
  const { message } = error as Error;
  if (!(error instanceof UniArmError)) return { end: "LOST", reason: message };
  const advice = error.code.startsWith("blob-") ? ` Start over without it: uniarm runs retry ${runId}` : "";
  return { end: "FAILED", reason: `${message}${advice}` };
}
