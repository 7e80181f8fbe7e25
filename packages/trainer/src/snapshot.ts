import type { HeldState } from "./adamw.ts";
import type { Arm } from "./arms.ts";
import type { PreferenceSource } from "./preferences.ts";
import type { Watch } from "./watch.ts";

/** A run as it was before a step of finite losses: what is kept when a later one is not. It shares its tensors with the run. */
export interface Snapshot {
  /** optimizer steps done */
  step: number;
  /** of those, skipped */
  skipped: number;
  random: ReturnType<PreferenceSource["state"]>;
  /** what its validations had found by then */
  watch: Watch;
  /** of each ARM its optimizer's, and its average's where it has one */
  arms: HeldState[];
}

export function takeSnapshot(arms: readonly Arm[], at: Omit<Snapshot, "arms">): Snapshot {
  const { step, skipped, random, watch } = at;
  return {
    step,
    skipped,
    random,
    watch,
    arms: arms.flatMap(({ optimizer, average }) => [optimizer.hold(), ...(average ? [average.hold()] : [])]),
  };
}

/** Puts the ARMs, their optimizers and averages back. */
export function restoreSnapshot({ arms }: Snapshot): void {
  for (const arm of arms) arm.restore();
}

export function disposeSnapshot(snapshot: Snapshot | null): void {
  for (const arm of snapshot?.arms ?? []) arm.dispose();
}
