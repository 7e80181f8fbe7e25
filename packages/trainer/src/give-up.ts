import { findCheckpoint } from "@uniarm/core";
import { UniArmError, type RunEvent } from "@uniarm/core/schema";
import { describeExamples } from "./describe-rows.ts";
import { saveSession } from "./save.ts";
import type { Session } from "./session.ts";
import { restoreSnapshot } from "./snapshot.ts";
import { tensorNotFinite } from "./soundness.ts";
import type { Trouble } from "./trouble.ts";

/**
 * Ends a run whose numbers are none: goes back to the newest sound state, saves it where that is newer than the run's last
 * checkpoint, and says what happened.
 * @param saved step of that checkpoint, which is sound
 * @throws UniArmError training-not-finite
 */
export async function* giveUp(
  session: Session,
  trouble: Trouble,
  saved: number | null,
): AsyncGenerator<RunEvent, never> {
  const { sound, arms } = session;
  if (sound && (saved === null || saved < sound.step)) {
    restoreSnapshot(sound);
    if ((await tensorNotFinite(arms)) === null)
      yield { type: "checkpoint", step: sound.step, path: await saveSession(session, sound) };
  }
  throw await trainingNotFinite(session, trouble);
}

/** A step that is left out, for people; `skipped` counts it. */
export async function skipNotice({ config, skipped }: Session, trouble: Trouble): Promise<RunEvent> {
  const pairs = await pairsOf(trouble);
  const message = `Step ${trouble.step} was skipped (${skipped} of at most ${config.skipNotFinite}): ${trouble.what}. ${pairs}`;
  return { type: "notice", code: "step-skipped", message };
}

async function trainingNotFinite({ config, skipped, totalSteps }: Session, trouble: Trouble): Promise<UniArmError> {
  const { step, what, skippable } = trouble;
  const before =
    skipped > 0 ? ` ${skipped} such steps were skipped before (skipNotFinite ${config.skipNotFinite}).` : "";
  const checkpoint = await findCheckpoint(config.output);
  const kept = checkpoint === null ? "There is no checkpoint yet." : `The last sound checkpoint is ${checkpoint}.`;
  const skip = skippable
    ? ` or leave such steps out: uniarm train --resume ${config.output} --skip-not-finite ${skipped + 1}`
    : "";
  return new UniArmError(
    "training-not-finite",
    `Training stopped at step ${step} of ${totalSteps}: ${what}. ${await pairsOf(trouble)}${before} ${kept} ` +
      `Start again in another folder with a lower optimizer.learningRate (it is ${config.optimizer.learningRate}); ` +
      `where only some pairs are to blame, mend or remove them${skip === "" ? "." : `,${skip}`}`,
  );
}

async function pairsOf({ examples }: Trouble): Promise<string> {
  return examples.length === 0 ? "" : `Its pairs: ${await describeExamples(examples)}.`;
}
