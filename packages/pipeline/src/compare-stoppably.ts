import { setImmediate } from "node:timers/promises";
import type { MethodComparison } from "@uniarm/core/schema";
import { comparing, type ComparedPairs } from "@uniarm/eval";

/**
 * A comparison of methods that tells how far it is, once a pair, and lets a signal end it.
 * @returns null when the signal was aborted
 */
export async function* compareStoppably(
  given: Parameters<typeof comparing>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ComparedPairs, MethodComparison | null> {
  let told = -1;
  const steps = comparing(...given);
  for (;;) {
    if (signal?.aborted) return null;
    const step = steps.next();
    if (step.done) return step.value;
    if (step.value.done > told) yield step.value;
    told = step.value.done;
    await setImmediate(); // lets an abort arrive
  }
}
