import type { Arm } from "./arms.ts";
import type { Example } from "./examples.ts";
import type { MicroBatchReport, StepReport } from "./step.ts";

/** A number of a run that is none, before it is a sentence. */
export interface Trouble {
  /** optimizer step, from 1 */
  step: number;
  /** which number it is, and what it is instead */
  what: string;
  /** where it was computed */
  examples: readonly Example[];
  /** whether leaving the step out would help */
  skippable: boolean;
}

/**
 * What of a step is not finite, null when all of it is; with all pairs that went into the number.
 * @param microBatches the examples of each
 */
export function troubleOf(
  arms: readonly Arm[],
  reports: readonly StepReport[],
  microBatches: readonly (readonly Example[])[],
  { objectives, step }: { objectives: readonly { name: string }[]; step: number },
): Trouble | null {
  for (const [arm, { microBatches: losses, gradientNorm }] of reports.entries()) {
    const only = arms[arm]!.objective;
    const seesAll = only === null || losses[0]?.objectiveLosses.length === objectives.length;
    const names = seesAll ? objectives.map(({ name }) => name) : [objectives[only]!.name];
    const bad = losses.findIndex(({ loss }) => !Number.isFinite(loss));
    if (bad >= 0) {
      return { step, examples: microBatches[bad]!, what: lossOf(losses[bad]!, names), skippable: true };
    }
    if (!Number.isFinite(gradientNorm)) {
      const what = `the losses are finite, but the norm of their gradient is ${gradientNorm} (${list(names)})`;
      return { step, examples: microBatches.flat(), what, skippable: true };
    }
  }
  return null;
}

function lossOf({ loss, objectiveLosses, globalLoss }: MicroBatchReport, names: readonly string[]): string {
  const bad = names.filter((_, column) => !Number.isFinite(objectiveLosses[column]));
  if (bad.length > 0) {
    const values = objectiveLosses.filter((value) => !Number.isFinite(value));
    return `the loss of ${list(bad)} is ${[...new Set(values)].join(" and ")}`;
  }
  if (globalLoss !== null && !Number.isFinite(globalLoss)) return `the global loss is ${globalLoss}`;
  return `the loss over ${list(names)} is ${loss}`;
}

const list = (names: readonly string[]): string => names.join(" and ");
