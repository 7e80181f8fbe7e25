import type { Choice, Verdict } from "@uniarm/core/schema";

const OTHER: Record<Choice, Choice> = { first: "second", second: "first", tie: "tie" };

/**
 * The two orders as one outcome of the method, whose answer was shown first, then second. A judge whose choice turns with the
 * order prefers a place, not an answer: that is a tie, as in MT-bench.
 */
export function outcomeOf([whenFirst, whenSecond]: readonly (Choice | null)[]): Pick<Verdict, "outcome" | "reason"> {
  if (!whenFirst || !whenSecond) return { outcome: "failed", reason: "unreadable" };
  if (whenFirst !== OTHER[whenSecond]) return { outcome: "tie", reason: "inconsistent" };
  return { outcome: whenFirst === "tie" ? "tie" : whenFirst === "first" ? "win" : "loss", reason: null };
}
