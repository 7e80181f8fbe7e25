import type { HeldState } from "./adamw.ts";
import type { Arm } from "./arms.ts";
import type { PreferenceSource } from "./preferences.ts";

/** A run as it was before a step of finite losses: what is kept when a later one is not. It shares its tensors with the run. */
export interface Snapshot {
  /** optimizer steps done */
  step: number;
  /** of those, skipped */
  skipped: number;
  random: ReturnType<PreferenceSource["state"]>;
  arms: HeldState[];
}

export function takeSnapshot(arms: readonly Arm[], at: Omit<Snapshot, "arms">): Snapshot {
  const { step, skipped, random } = at;
  return { step, skipped, random, arms: arms.map(({ optimizer }) => optimizer.hold()) };
}

/** Puts the ARMs and their optimizers back. */
export function restoreSnapshot({ arms }: Snapshot): void {
  for (const arm of arms) arm.restore();
}

export function disposeSnapshot(snapshot: Snapshot | null): void {
  for (const arm of snapshot?.arms ?? []) arm.dispose();
}
