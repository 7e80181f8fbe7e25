import { tf } from "@uniarm/core";
import { learning, settingsOf, type Arm } from "./arms.ts";
import { basePart, batchObjective } from "./batch-objective.ts";
import { isAllFinite } from "./is-all-finite.ts";
import { lossSettingsOf } from "./loss-settings.ts";
import type { StepBatch } from "./one-step.ts";
import type { Session } from "./session.ts";
import type { Trouble } from "./trouble.ts";

/**
 * Why the ARMs as they are after `step` must not be saved, null when they may: every tensor and moment is finite, and so is
 * the loss that they give on pairs of the newest step. Finite weights can be useless: 1e30 is a number, its square is none.
 * @param batch of the newest step that was made; null before the first
 */
export async function unsoundness(session: Session, step: number, batch: StepBatch | null): Promise<Trouble | null> {
  const { arms } = session;
  const examples = batch?.parts.at(-1)?.examples ?? [];
  const tensor = await tensorNotFinite(arms);
  const what =
    tensor === null ? await lossNotFinite(session, batch) : `the update left ${tensor} with values that are not finite`;
  return what === null ? null : { step, what, examples, skippable: false };
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
  if (!batch) return null;
  for (const [index, arm] of learning(arms).entries()) {
    const newest = batch.microBatches[index]!.at(-1)!;
    const settings = settingsOf(arm, lossSettingsOf(config));
    const loss = tf.tidy(() => {
      const base = basePart(model, newest, settings);
      return batchObjective(model, arm.adapter, newest, settings, base).loss;
    });
    const [value] = await loss.data();
    loss.dispose();
    if (!Number.isFinite(value)) return `with the weights after it, the loss is ${value}`;
  }
  return null;
}
