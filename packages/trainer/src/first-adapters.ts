import { isDeepStrictEqual } from "node:util";
import {
  addedObjectiveVectors,
  assertBeginsWithObjectives,
  assertSameBase,
  assertSameObjectives,
  extendAdapter,
  loadCheckpoint,
  type Adapter,
  type Checkpoint,
  type Random,
  type Tokenizer,
  type Transformer,
} from "@uniarm/core";
import {
  lossOf,
  methodOf,
  readsDescriptions,
  UniArmError,
  type CheckpointManifest,
  type ObjectiveList,
  type TrainingConfig,
} from "@uniarm/core/schema";
import { adapterConfigOf, armWeightsOf, createAdapters, vectorOptions } from "./arms.ts";

/** Fresh adapters, or those of the checkpoint that the run starts from, extended by the objectives that it adds. */
export async function firstAdapters(
  config: TrainingConfig,
  model: Transformer,
  tokenizer: Tokenizer,
  random: Random,
): Promise<Adapter[]> {
  if (config.startFrom === undefined) return createAdapters(config, model, tokenizer, random);
  const checkpoint = await loadCheckpoint(config.startFrom, { model: model.config });
  try {
    checkStart(config.startFrom, checkpoint, config, model);
    return config.addedObjectives ? await extended(checkpoint.arms, config, model, tokenizer, random) : checkpoint.arms;
  } catch (error) {
    for (const arm of checkpoint.arms) arm.dispose();
    throw error;
  }
}

function checkStart(folder: string, { manifest }: Checkpoint, config: TrainingConfig, model: Transformer): void {
  const { objectives, addedObjectives } = config;
  if (addedObjectives) assertBeginsWithObjectives(manifest, objectives, addedObjectives);
  else
    assertSameObjectives(
      manifest,
      objectives.map(({ name }) => name),
    );
  checkDescriptions(folder, manifest, objectives);
  checkKeptPolicies(folder, manifest, config);
  assertSameBase(manifest, model.sha256, config.model);
  const wanted = adapterConfigOf(config);
  const weights = armWeightsOf(config);
  if (weights && !isDeepStrictEqual(manifest.armWeights, weights) && manifest.method === config.method)
    throw new UniArmError(
      "start-adapter-differs",
      `${folder} holds policies for the preferences ${JSON.stringify(manifest.armWeights)}; this run tunes them for ${JSON.stringify(weights)}. Give both the same weightVectors, or leave out startFrom.`,
    );
  if (manifest.method !== config.method || !isDeepStrictEqual(manifest.adapter, wanted))
    throw new UniArmError(
      "start-adapter-differs",
      `${folder} holds a ${manifest.method} ARM with the adapter ${JSON.stringify(manifest.adapter)}; this run trains ${config.method} with ${JSON.stringify(wanted)}. Give both the same method and adapter, or leave out startFrom.`,
    );
}

/**
 * Policies that are kept are not tuned again, and the new manifest speaks for all of them: MODPO scales their log-ratios by what
 * it says.
 */
function checkKeptPolicies(folder: string, { training, objectives }: CheckpointManifest, config: TrainingConfig): void {
  const { arms, trains } = methodOf(config.method);
  if (!config.addedObjectives || arms !== "per-objective" || trains !== "policy" || !training) return;
  const meaning = (run: TrainingConfig): unknown => [
    lossOf(run).loss,
    run.divergence ?? "reverse-kl",
    run.divergenceAlpha ?? null,
    run.rewardTemperature ?? null,
    objectives.map(({ name }) => (typeof run.beta === "number" ? run.beta : run.beta[name])),
  ];
  if (isDeepStrictEqual(meaning(training), meaning(config))) return;
  const names = objectives.map(({ name }) => name).join(", ");
  throw new UniArmError(
    "start-settings-differ",
    `The policies of ${folder} for ${names} stay as they were tuned. Give this run their loss, divergence, rewardTemperature and beta; the added objectives may have a beta of their own, by name.`,
  );
}

/** Vectors that were made of descriptions stay what they are: others would be written beside them and mean nothing. */
function checkDescriptions(
  folder: string,
  { adapter, objectives: own }: CheckpointManifest,
  objectives: ObjectiveList,
): void {
  if (!readsDescriptions(adapter)) return;
  const changed = own.findIndex(({ description }, index) => objectives[index]!.description !== description);
  if (changed < 0) return;
  const { name, description } = own[changed]!;
  throw new UniArmError(
    "start-description-differs",
    `${folder} knows ${name} as "${description}"; this run describes it as "${objectives[changed]!.description}", which the stored vectors would not follow. Give the checkpoint's description, or leave out startFrom.`,
  );
}

/** The adapters for more objectives: one for all knows them, too, and of one for each there are more. It takes them over. */
async function extended(
  arms: readonly Adapter[],
  config: TrainingConfig,
  model: Transformer,
  tokenizer: Tokenizer,
  random: Random,
): Promise<Adapter[]> {
  const { objectives } = config;
  const form = adapterConfigOf(config);
  if (methodOf(config.method).arms === "per-objective") {
    const all = await createAdapters(config, model, tokenizer, random);
    for (const replaced of all.slice(0, arms.length)) replaced.dispose();
    return [...arms, ...all.slice(arms.length)];
  }
  const [arm] = arms as [Adapter];
  const added = { objectiveCount: objectives.length, random: random.fork("added") };
  const longer =
    form.kind === "moslora"
      ? extendAdapter(arm, {
          ...added,
          addedVectors: await addedObjectiveVectors(
            model,
            tokenizer,
            {
              stored: await arm.objectiveVectors!.array(),
              descriptions: objectives.map(({ description }) => description),
            },
            vectorOptions(form, random),
          ),
        })
      : extendAdapter(arm, added);
  arm.dispose();
  return [longer];
}
