import { UniArmError } from "@uniarm/core/schema";
import pRetry from "p-retry";
import { isPassingStatus, statusOf } from "./server-error.ts";

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5000;

/** Whether the same call may succeed later: the server is away, starting, or overloaded. */
export function isPassing(error: unknown): boolean {
  if (error instanceof UniArmError) return error.code === "blob-away"; // the others are refused for a reason
  if (isOfDisk(error)) return false;
  const status = statusOf(error); // null: no answer at all
  return status === null || isPassingStatus(status);
}

/** Errors of this machine's own files, which no server can help with. */
const isOfDisk = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "ENOENT", "EIO", "ESTALE"].includes(
    (error as NodeJS.ErrnoException).code ?? "",
  );

/**
 * Calls until it is answered or refused, waiting longer each time; not again once the signal is given.
 * @throws what the call threw when it was refused, or the signal's reason
 */
export async function persistently<T>(
  call: () => Promise<T>,
  signal: AbortSignal,
  onWait: (error: unknown) => void = () => undefined,
): Promise<T> {
  const answers: T[] = [];
  const calling = pRetry(async () => void answers.push(await call()), {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: FIRST_WAIT_MS,
    maxTimeout: LONGEST_WAIT_MS,
    signal,
    shouldRetry: ({ error }) => {
      if (!isPassing(error)) return false;
      onWait(error);
      return true;
    },
  });
  await calling.catch((error: unknown) => {
    if (answers.length === 0) throw error; // an answer counts, even if the signal was given while it was on its way
  });
  return answers[0]!;
}
