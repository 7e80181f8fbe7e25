import { extendAdapter } from "../adapters/extend.ts";
import { addedObjectiveVectors } from "../adapters/objective-vectors.ts";
import { assertNewFolder } from "../files/new-folder.ts";
import { disposeTransformer } from "../model/dispose.ts";
import { loadTransformer } from "../model/pretrained.ts";
import { readsDescriptions } from "../schema/adapter.ts";
import { UniArmError } from "../schema/error.ts";
import type { CheckpointManifest } from "../schema/manifest.ts";
import { methodOf } from "../schema/method.ts";
import { ObjectiveList, type Objective } from "../schema/objective.ts";
import { createRandom } from "../tensor/random.ts";
import { loadTokenizer } from "../text/tokenizer.ts";
import { assertSameBase } from "./assertions.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";

export interface CheckpointExtension {
  /** checkpoint or run folder */
  checkpoint: string;
  added: readonly Objective[];
  /** checkpoint folder to write */
  output: string;
  /** base model folder; default: where the checkpoint was trained */
  model?: string | undefined;
}

/**
 * A checkpoint for more objectives by their descriptions alone, with no training; preferences without the added ones are
 * answered as before. Only an adapter that reads descriptions can be extended so.
 * @returns the objectives that it is for now
 * @throws UniArmError adapter-not-extendable, objectives-not-new, output-exists, and those of reading checkpoint and model
 */
export async function extendCheckpoint({
  checkpoint: folder,
  added,
  output,
  model: given,
}: CheckpointExtension): Promise<ObjectiveList> {
  await assertNewFolder(output);
  const { manifest, arms } = await loadCheckpoint(folder);
  try {
    const config = extendable(manifest);
    const objectives = longerList(manifest, added);
    const path = given ?? manifest.baseModel.folder;
    const { baseWeights } = manifest.training ?? {};
    const model = await loadTransformer(path, baseWeights ? { baseWeights } : {});
    try {
      assertSameBase(manifest, model.sha256, path);
      const tokenizer = await loadTokenizer(path, { promptFormat: manifest.promptFormat });
      const arm = arms[0]!;
      const addedVectors = await addedObjectiveVectors(
        model,
        tokenizer,
        {
          stored: await arm.objectiveVectors!.array(),
          descriptions: objectives.map(({ description }) => description),
        },
        // what reads descriptions draws nothing
        { embedding: config.objectiveEmbedding, geometry: config.objectiveGeometry, random: createRandom(0) },
      );
      const longer = extendAdapter(arm, { objectiveCount: objectives.length, random: createRandom(0), addedVectors });
      arms.push(longer);
      const untrainedObjectives = [...(manifest.untrainedObjectives ?? []), ...added.map(({ name }) => name)];
      await saveCheckpoint(output, { manifest: { ...manifest, objectives, untrainedObjectives }, arms: [longer] });
    } finally {
      disposeTransformer(model);
    }
    return objectives;
  } finally {
    for (const arm of arms) arm.dispose();
  }
}

function extendable({
  method,
  adapter,
}: CheckpointManifest): Extract<CheckpointManifest["adapter"], { kind: "moslora" }> {
  if (adapter.kind === "moslora" && methodOf(method).arms === "one" && readsDescriptions(adapter)) return adapter;
  const why =
    adapter.kind === "moslora"
      ? `its objectiveEmbedding is ${adapter.objectiveEmbedding}, which reads no description`
      : `its ${adapter.kind} adapters read no descriptions: an objective that no training has seen would be noise, or nothing`;
  throw new UniArmError(
    "adapter-not-extendable",
    `This ${method} checkpoint cannot take an objective by its description: ${why}. Train it on the new one: startFrom and addedObjectives of uniarm train.`,
  );
}

function longerList({ objectives }: CheckpointManifest, added: readonly Objective[]): ObjectiveList {
  const all = ObjectiveList.safeParse([...objectives, ...added]);
  if (all.success) return all.data;
  throw new UniArmError(
    "objectives-not-new",
    `The checkpoint has the objectives [${objectives.map(({ name }) => name).join(", ")}], and [${added.map(({ name }) => name).join(", ")}] cannot be added: ${all.error.issues[0]!.message}.`,
  );
}
