import { UniArmError, type AttemptEnd } from "@uniarm/core/schema";
import type { JobReport } from "@uniarm/pipeline/schema";
import type { JobExit } from "./launcher/launcher.ts";

/** Why a job was asked to stop: its run was cancelled, or its worker has to stop. */
export type StopReason = "cancel" | "drain";

export interface AttemptOutcome {
  end: AttemptEnd;
  reason: string;
}

/** How an attempt ended, from what its job said last, how its process ended, and what was asked of it. */
export function outcomeOf(
  last: Extract<JobReport, { type: "ended" }> | null,
  exit: JobExit,
  stopping: StopReason | null,
): AttemptOutcome {
  if (last?.end === "SUCCEEDED") return { end: "SUCCEEDED", reason: "" };
  if (last?.end === "FAILED") return { end: "FAILED", reason: last.reason };
  if (stopping === "cancel")
    return { end: "CANCELLED", reason: last ? "cancelled" : "cancelled; it did not stop in time and was killed" };
  if (stopping === "drain") return { end: "DRAINED", reason: "its worker was stopped" };
  if (last) return { end: "DRAINED", reason: last.reason };
  return {
    end: "LOST",
    reason: exit.signal ? `its process was killed (${exit.signal})` : `its process ended with exit code ${exit.code}`,
  };
}

/** How an attempt ends when the worker itself fails: what this project calls an error would be one again, anything else may pass. */
export function outcomeOfError(error: unknown, runId: string): AttemptOutcome {
  const { message } = error as Error;
  if (!(error instanceof UniArmError)) return { end: "LOST", reason: message };
  const advice = error.code.startsWith("blob-") ? ` Start over without it: uniarm runs retry ${runId}` : "";
  return { end: "FAILED", reason: `${message}${advice}` };
}
