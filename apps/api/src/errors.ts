import { UniArmError } from "@uniarm/core/schema";
import { TRPCError } from "@trpc/server";
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";

const CONFLICTS = new Set([
  "attempt-stale",
  "events-gap",
  "events-missing",
  "run-needed",
  "run-not-ended",
  "run-succeeded",
  "key-last-admin",
  "name-taken",
  "blob-missing",
]);
const UNAVAILABLE = new Set(["store-full", "folder-unwritable", "database-unreachable"]);
/** of Postgres: connection lost, shutting down, starting up, too many clients, disk full, out of memory */
const POSTGRES_AWAY = /^(08|57P|53)/;
const SOCKET_AWAY = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "P1001", "P1002", "P1017", "P2024"]);

/** What went wrong, as tRPC says it: people get the sentence, machines the code, and nobody the inside of a defect. */
export function apiError(error: unknown): TRPCError {
  if (error instanceof TRPCError && !(error.cause instanceof Error && error.code === "INTERNAL_SERVER_ERROR"))
    return error;
  const cause = error instanceof TRPCError ? error.cause! : error;
  if (cause instanceof UniArmError) return new TRPCError({ code: codeOf(cause), message: cause.message, cause });
  if (isUnavailable(cause))
    return new TRPCError({
      code: "SERVICE_UNAVAILABLE",
      message:
        "The database cannot be reached at the moment, or has no disk left. Nothing was lost; try again in a few seconds, and see: uniarm doctor",
      cause,
    });
  if (isUniqueViolation(cause))
    return new TRPCError({
      code: "CONFLICT",
      message: "Something of that name is there already. Choose another name.",
      cause,
    });
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

export function isUnavailable(error: unknown): boolean {
  const { code, message, cause } = (error ?? {}) as { code?: unknown; message?: unknown; cause?: unknown };
  if (typeof code === "string" && (SOCKET_AWAY.has(code) || POSTGRES_AWAY.test(code))) return true;
  if (
    typeof message === "string" &&
    /Connection terminated|connection timeout|Can't reach database|Server has closed the connection|DatabaseNotReachable/i.test(
      message,
    )
  )
    return true;
  return (
    cause !== undefined &&
    cause !== error &&
    typeof cause === "object" &&
    cause !== null &&
    isUnavailable({
      ...cause,
      message: (cause as Error).message,
      code: (cause as { originalCode?: string }).originalCode ?? (cause as { code?: string }).code,
    })
  );
}

function isUniqueViolation(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return code === "23505" || code === "P2002";
}
