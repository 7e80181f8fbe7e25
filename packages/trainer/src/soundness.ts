import { tf } from "@uniarm/core";
import { viewOf, type Arm } from "./arms.ts";
import { isAllFinite } from "./is-all-finite.ts";
import { lossSettingsOf } from "./loss-settings.ts";
import type { StepBatch } from "./one-step.ts";
import { pairObjective } from "./pair-objective.ts";
import type { Session } from "./session.ts";
import type { Trouble } from "./trouble.ts";

/**
 * Why the ARMs as they are after `step` must not be saved, null when they may: every tensor and moment is finite, and so is
 * the loss that they give on pairs of the newest step. Finite weights can be useless: 1e30 is a number, its square is none.
 * @param batch of the newest step that was made; null before the first
 */
export async function unsoundness(session: Session, step: number, batch: StepBatch | null): Promise<Trouble | null> {
  const { config, arms } = session;
  const examples = batch?.examples.at(-1) ?? [];
  const tensor = await tensorNotFinite(arms);
  const what =
    tensor === null ? await lossNotFinite(session, batch) : `the update left ${tensor} with values that are not finite`;
  return what === null ? null : { step, what, examples, path: config.pairs, skippable: false };
}

/** The name of a tensor or moment with a value that is not finite. */
export async function tensorNotFinite(arms: readonly Arm[]): Promise<string | null> {
  for (const { adapter, optimizer } of arms) {
    for (const [name, variable] of Object.entries(adapter.tensors))
      if (!isAllFinite(await variable.data())) return name;
    const { tensors } = await optimizer.state();
    for (const [name, { data }] of Object.entries(tensors)) if (!isAllFinite(data)) return `the optimizer's ${name}`;
  }
  return null;
}

async function lossNotFinite({ config, model, arms }: Session, batch: StepBatch | null): Promise<string | null> {
  const newest = batch?.microBatches.at(-1);
  if (!newest) return null;
  for (const arm of arms) {
    const { batches, settings } = viewOf(arm, [newest], lossSettingsOf(config));
    const loss = tf.tidy(() => pairObjective(model, arm.adapter, batches[0]!, settings).loss);
    const [value] = await loss.data();
    loss.dispose();
    if (!Number.isFinite(value)) return `with the weights after it, the loss is ${value}`;
  }
  return null;
}
