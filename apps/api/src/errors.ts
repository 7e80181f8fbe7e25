import { UniArmError } from "@uniarm/core/schema";
import { databaseProblem, type DatabaseProblem } from "@uniarm/db";
import { TRPCError } from "@trpc/server";
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";

const CONFLICTS = new Set([
  "attempt-stale",
  "events-gap",
  "events-missing",
  "run-changed",
  "run-needed",
  "selection-taken",
  "run-not-ended",
  "run-succeeded",
  "key-last-admin",
  "name-taken",
  "blob-not-uploaded",
  "worker-alive",
  "worker-ended",
  "worker-version",
]);
const UNAVAILABLE = new Set([
  "store-full",
  "store-unreachable",
  "store-refused",
  "bucket-missing",
  "folder-unwritable",
  "database-unreachable",
]);

const DATABASE_ANSWERS: Record<DatabaseProblem, { code: TRPC_ERROR_CODE_KEY; message: string }> = {
  unavailable: {
    code: "SERVICE_UNAVAILABLE",
    message:
      "The database cannot be reached at the moment, or its disk is full. Nothing was lost; try again in a few seconds, and see: uniarm doctor",
  },
  taken: { code: "CONFLICT", message: "That name is taken. Choose another." },
  "bad-value": {
    code: "BAD_REQUEST",
    message: "A value cannot be stored: text must not have NUL characters, and numbers must be in their range.",
  },
};

/** What went wrong, for tRPC: people get the sentence and machines the code, but nobody the details of a defect. */
export function apiError(error: unknown): TRPCError {
  if (error instanceof TRPCError && !(error.cause instanceof Error && error.code === "INTERNAL_SERVER_ERROR"))
    return error;
  const cause = error instanceof TRPCError ? error.cause! : error;
  if (cause instanceof UniArmError) return new TRPCError({ code: codeOf(cause), message: cause.message, cause });
  const problem = databaseProblem(cause);
  if (problem) return new TRPCError({ ...DATABASE_ANSWERS[problem], cause });
  if (cause instanceof RangeError && cause.message.includes("call stack"))
    return new TRPCError({ code: "BAD_REQUEST", message: "The input is nested too deeply.", cause });
  return new TRPCError({
    code: "INTERNAL_SERVER_ERROR",
    message: "This is a defect of the server; its log has the details.",
    cause,
  });
}

function codeOf({ code }: UniArmError): TRPC_ERROR_CODE_KEY {
  if (CONFLICTS.has(code)) return "CONFLICT";
  if (UNAVAILABLE.has(code)) return "SERVICE_UNAVAILABLE";
  if (code.endsWith("-missing")) return "NOT_FOUND";
  if (code.endsWith("-too-large")) return "PAYLOAD_TOO_LARGE";
  return "BAD_REQUEST";
}

export const isUnavailable = (error: unknown): boolean => databaseProblem(error) === "unavailable";
