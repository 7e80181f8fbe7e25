import { UniArmError } from "../schema/error.ts";
import type { CheckpointManifest } from "../schema/manifest.ts";
import type { Objective, ObjectiveList } from "../schema/objective.ts";

/**
 * Whether a checkpoint knows exactly these objectives in this order: preference vectors are meant in it.
 * @throws UniArmError checkpoint-objectives-mismatch
 */
export function assertSameObjectives(manifest: CheckpointManifest, names: readonly string[]): void {
  const trained = manifest.objectives.map(({ name }) => name);
  if (trained.length === names.length && trained.every((name, index) => name === names[index])) return;
  const [have, want] = [trained.join(", "), names.join(", ")];
  const onlyOrder = [...trained].sort().join() === [...names].sort().join();
  const remedy = onlyOrder
    ? `Give objectives and preferences in the checkpoint's order: [${have}]`
    : "Use a checkpoint with the same objectives in the same order, or train one: uniarm train --config <file>";
  const added = names.slice(trained.length);
  const more =
    added.length > 0 && trained.every((name, index) => name === names[index])
      ? `. To add ${added.join(", ")} to it, set addedObjectives`
      : "";
  throw new UniArmError(
    "checkpoint-objectives-mismatch",
    `${named(manifest)} was trained on objectives [${have}] but this run asks for [${want}]. ${remedy}${more}`,
  );
}

/**
 * Whether a checkpoint knows exactly the objectives that a run has before the ones that it adds: names, order and descriptions.
 * @throws UniArmError checkpoint-objectives-mismatch
 */
export function assertBeginsWithObjectives(
  manifest: CheckpointManifest,
  objectives: ObjectiveList,
  added: readonly string[],
): void {
  const before = objectives.slice(0, objectives.length - added.length);
  const isSame = ({ name, description }: Objective, index: number): boolean =>
    manifest.objectives[index]?.name === name && manifest.objectives[index].description === description;
  if (before.length === manifest.objectives.length && before.every(isSame)) return;
  const listed = (list: readonly Objective[]): string =>
    `[${list.map(({ name, description }) => `${name} (${description})`).join(", ")}]`;
  throw new UniArmError(
    "checkpoint-objectives-mismatch",
    `${named(manifest)} was trained on objectives ${listed(manifest.objectives)} but before [${added.join(", ")}] this run has ${listed(before)}. ` +
      "Objectives are added behind a checkpoint's own: give those first, in its order and with its descriptions.",
  );
}

/**
 * Whether a model is the one that a checkpoint's adapter was trained on.
 * @param sha256 of the model's weights, as `Transformer` and `hashModel` have it
 * @throws UniArmError checkpoint-base-mismatch
 */
export function assertSameBase(manifest: CheckpointManifest, sha256: string, folder?: string): void {
  const { baseModel } = manifest;
  if (baseModel.sha256 === sha256) return;
  const given = folder === undefined ? "this run's model" : `the model in ${folder}`;
  throw new UniArmError(
    "checkpoint-base-mismatch",
    `${named(manifest)} was trained on the base model ${baseModel.folder} (sha256 ${short(baseModel.sha256)}) but ${given} has sha256 ${short(sha256)}. ` +
      `An adapter fits only the weights it was trained on: use --model ${baseModel.folder}, or train one on this model: uniarm train --config <file>`,
  );
}

/** A manifest does not know where it lies; the run that wrote it tells people enough. */
const named = ({ method, step, training, importedFrom }: CheckpointManifest): string =>
  training
    ? `The ${method} checkpoint of step ${step} of run ${training.output}`
    : `The ${method} checkpoint imported from ${importedFrom ?? "somewhere"}`;
const short = (sha256: string): string => (sha256 === "" ? "of no file" : `${sha256.slice(0, 12)}...`);
