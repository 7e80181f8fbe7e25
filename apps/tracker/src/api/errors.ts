import { TRPCClientError } from "@trpc/client";

/** The server's sentence, or one of ours where it did not answer. */
export function sentenceOf(error: unknown): string {
  if (isAway(error)) return "The server does not answer. This page tries again by itself.";
  return error instanceof Error ? error.message : String(error);
}

/** What the server answered with, e.g. 404; null where it did not. */
export function statusOf(error: unknown): number | null {
  if (!(error instanceof TRPCClientError)) return null;
  const data: unknown = error.data;
  return typeof data === "object" && data !== null && "httpStatus" in data ? Number(data.httpStatus) : null;
}

/** Not answered at all, or by a database that is away: it passes. */
export function isAway(error: unknown): boolean {
  const status = statusOf(error);
  return status === null ? error instanceof TRPCClientError || error instanceof TypeError : status === 503;
}
