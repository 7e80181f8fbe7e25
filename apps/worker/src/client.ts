import { setTimeout as sleep } from "node:timers/promises";
import { UniArmError } from "@uniarm/core/schema";
import type { AppRouter } from "@uniarm/api";
import { createTRPCClient, httpLink, TRPCClientError, type TRPCClient } from "@trpc/client";

export type Api = TRPCClient<AppRouter>;

export interface Server {
  url: string;
  key: string | undefined;
}

export const openClient = ({ url, key }: Server): Api =>
  createTRPCClient<AppRouter>({
    links: [httpLink({ url: `${url.replace(/\/$/, "")}/trpc`, headers: headersOf(key) })],
  });

export const headersOf = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/** Whether the same call may go well later: the server is away, starting, or overloaded. */
export function isPassing(error: unknown): boolean {
  if (error instanceof UniArmError) return false; // refused for a reason
  if (!(error instanceof TRPCClientError)) return true; // no answer at all
  const status = (error as TRPCClientError<AppRouter>).data?.httpStatus;
  return status === undefined || PASSING.has(status);
}

/** The stable code of a refusal. */
export const refusalOf = (error: unknown): string | null =>
  error instanceof TRPCClientError ? ((error as TRPCClientError<AppRouter>).data?.uniarmCode ?? null) : null;

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5000;

/** Calls until it is answered or refused; waits longer each time, until the signal. */
export async function persistently<T>(
  call: () => Promise<T>,
  signal: AbortSignal,
  onWait: (error: unknown) => void = () => undefined,
): Promise<T> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error) || signal.aborted) throw error;
      onWait(error);
      await sleep(wait, undefined, { signal });
    }
  }
}
