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
  "blob-not-uploaded",
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
  if (isBadValue(cause))
    return new TRPCError({
      code: "BAD_REQUEST",
      message: "A value cannot be stored: text takes no NUL characters, and numbers have to be in their range.",
      cause,
    });
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

export function isUnavailable(error: unknown): boolean {
  if (codesOf(error).some((code) => SOCKET_AWAY.has(code) || POSTGRES_AWAY.test(code))) return true;
  return messagesOf(error).some((message) => CONNECTION_LOST.test(message));
}

const CONNECTION_LOST =
  /Connection terminated|connection timeout|timeout exceeded when trying to connect|Can't reach database|Server has closed the connection|DatabaseNotReachable/i;

const isUniqueViolation = (error: unknown): boolean =>
  codesOf(error).some((code) => code === "23505" || code === "P2002");

/** Postgres takes no such value: a NUL in a text, a number out of range. */
const isBadValue = (error: unknown): boolean => codesOf(error).some((code) => /^22[0-9A-Z]{3}$/.test(code));

const DEEPEST = 5;

/** An error, what caused it, and what Prisma's driver says of it. */
function chainOf(error: unknown): Record<string, unknown>[] {
  const chain: Record<string, unknown>[] = [];
  const add = (one: unknown): void => {
    if (typeof one !== "object" || one === null || chain.length >= DEEPEST) return;
    const found = one as Record<string, unknown>;
    chain.push(found);
    add(found.cause);
    add((found.meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError);
  };
  add(error);
  return chain;
}

const codesOf = (error: unknown): string[] =>
  chainOf(error).flatMap(({ code, originalCode }) => [code, originalCode].filter((one) => typeof one === "string"));

const messagesOf = (error: unknown): string[] =>
  chainOf(error).flatMap(({ message }) => (typeof message === "string" ? [message] : []));
