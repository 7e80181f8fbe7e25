import { methodOf } from "./method.ts";
import type { TrainingSettings } from "./training-settings.ts";
import type { TrainingIssue } from "./training-issue.ts";
import { replayedPairs } from "./replay.ts";

/** What is wrong with how a run goes on from another one's checkpoint. */
export function* goingOn(config: TrainingSettings): Generator<TrainingIssue> {
  const { startFrom, freeze } = config;
  const { adapter: form } = methodOf(config.method);
  if (freeze === "factors" && (form === "lora" || form === "scorer"))
    yield {
      path: "freeze",
      message: `${config.method} trains LoRA, which is nothing but its factors: no part would be left to train`,
    };
  else if (freeze === "factors" && startFrom === undefined)
    yield { path: "freeze", message: "fresh factors add nothing, and would stay so: name a checkpoint in startFrom" };
  yield* adding(config);
  yield* replay(config);
}

function* adding({ addedObjectives: added, ...config }: TrainingSettings): Generator<TrainingIssue> {
  if (!added) return;
  const issue = (message: string): TrainingIssue => ({ path: "addedObjectives", message });
  const names: readonly string[] = config.objectives.map(({ name }) => name);
  if (config.startFrom === undefined)
    yield issue(
      "objectives are added to a checkpoint: name it in startFrom; without one, all are learned from the start",
    );
  if (methodOf(config.method).arms === "per-weights")
    yield issue(
      `${config.method} tunes each of its policies for one preference of all objectives: train it on all from the start`,
    );
  if (added.length >= names.length)
    yield issue(
      `[${added.join(", ")}] leaves no objective that the checkpoint could know; the run has ${names.join(", ")}`,
    );
  else if (names.slice(-added.length).join() !== added.join())
    yield issue(
      `added objectives come last, in their order: the run ends with ${names.slice(-added.length).join(", ")}`,
    );
}

function* replay(config: TrainingSettings): Generator<TrainingIssue> {
  const { replayPairs, replayShare, batchPairs } = config;
  if (replayPairs === undefined) {
    if (replayShare !== undefined)
      yield { path: "replayShare", message: "a share of nothing: give the pairs in replayPairs" };
    return;
  }
  if (config.startFrom === undefined)
    yield {
      path: "replayPairs",
      message: "nothing was learned from them yet: name a checkpoint in startFrom, or give them as pairs",
    };
  if (config.addedObjectives && methodOf(config.method).arms === "per-objective")
    yield {
      path: "replayPairs",
      message: `${config.method} leaves the adapters of the old objectives as they are: replay would keep nothing`,
    };
  const count = replayedPairs(config);
  if (!Number.isInteger(count) || count < 1 || count >= batchPairs)
    yield {
      path: "replayShare",
      message: `${count} of ${batchPairs} pairs a step: give a share that makes a whole number of replayed pairs, and leaves some that are not`,
    };
}
