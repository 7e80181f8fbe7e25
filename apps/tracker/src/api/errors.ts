import { hasNoAnswer, statusOf } from "@uniarm/client";

export { statusOf };

/** The server's sentence, or one of ours where it did not answer. */
export function sentenceOf(error: unknown): string {
  if (isAway(error)) return "The server does not answer. This page tries again by itself.";
  return error instanceof Error ? error.message : String(error);
}

/** Not answered at all, or by a server whose database is away: it will pass. */
export const isAway = (error: unknown): boolean =>
  hasNoAnswer(error) || error instanceof TypeError || statusOf(error) === 503;
