import type { AttemptEnd } from "@uniarm/core/schema";

/** How an attempt ended, and why, for people. */
export interface AttemptOutcome {
  end: AttemptEnd;
  reason: string;
}
