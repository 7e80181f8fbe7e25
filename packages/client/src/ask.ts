import { TRPCClientError } from "@trpc/client";
import { UniArmError } from "@uniarm/core/schema";
import type { Client } from "./open-client.ts";
import { codeOf, hasNoAnswer } from "./server-error.ts";

/**
 * One call, with an error that can be shown: the server's own sentence and code, or that it does not answer.
 * @throws UniArmError server-away, server-refused, and the server's own codes
 */
export async function ask<T>({ url }: Pick<Client, "url">, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!(cause instanceof TRPCClientError)) throw cause;
    if (hasNoAnswer(cause)) throw awayError(url, cause);
    throw new UniArmError(codeOf(cause) ?? "server-refused", cause.message, { cause });
  }
}

export const awayError = (url: string, cause: unknown): UniArmError =>
  new UniArmError(
    "server-away",
    `The server at ${url} does not answer (${(cause as Error).message}). Start it with \`uniarm serve\`, or name another; on the command line: --server URL`,
    { cause },
  );
