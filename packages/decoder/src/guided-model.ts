import {
  assertSameBase,
  assertSameObjectives,
  compareTokenizers,
  describeDifferences,
  disposeTransformer,
  loadCheckpoint,
  loadTokenizer,
  loadTransformer,
  defaultBaseWeights,
  openEngine,
  readManifest,
  type Checkpoint,
  type Tokenizer,
  type Transformer,
} from "@uniarm/core";
import { UniArmError, type DecodingConfig, type PromptFormatName } from "@uniarm/core/schema";
import type { Decoder } from "./generate.ts";

/** A frozen model and, unless it answers unguided, the checkpoint that steers it. */
export interface GuidedModel extends Decoder {
  tokenizer: Tokenizer;
  /** of the model that carries the reward models, when it is another one */
  armTokenizer: Tokenizer | null;
  checkpoint: Checkpoint | null;
  /** what the user should know of how the two models fit; null when there is nothing */
  notice: string | null;
  dispose(): void;
}

type Source = Pick<DecodingConfig, "model"> &
  Partial<
    Pick<
      DecodingConfig,
      "checkpoint" | "objectives" | "baseWeights" | "promptFormat" | "armModel" | "armPromptFormat" | "vocabulary"
    >
  >;

/**
 * Opens a model folder and, when given, a checkpoint or run folder that was trained on this very model or on `armModel`.
 * @param source.objectives names in the order that preferences are meant in; must be the checkpoint's
 * @throws UniArmError checkpoint-base-mismatch, checkpoint-objectives-mismatch, vocabularies-differ, and those of reading the folders
 */
export async function openGuidedModel(source: Source): Promise<GuidedModel> {
  const manifest = source.checkpoint === undefined ? null : await readManifest(source.checkpoint);
  if (manifest && source.objectives) assertSameObjectives(manifest, source.objectives);
  const isOther = source.armModel !== undefined;
  const trained = manifest?.promptFormat;
  const named = (given: PromptFormatName | undefined, otherwise: PromptFormatName | undefined) =>
    given === undefined || given === "auto" ? (otherwise ?? "auto") : given;
  const tokenizer = await loadTokenizer(source.model, {
    promptFormat: named(source.promptFormat, isOther ? undefined : trained),
  });
  const armTokenizer = isOther
    ? await loadTokenizer(source.armModel!, { promptFormat: named(source.armPromptFormat, trained) })
    : null;
  const fit = armTokenizer ? vocabularyFit(tokenizer, armTokenizer, source) : { shared: undefined, notice: null };

  await openEngine();
  const baseWeights = source.baseWeights ?? defaultBaseWeights();
  const opened: { dispose: () => void }[] = [];
  const dispose = (): void => {
    for (const one of opened) one.dispose();
  };
  const open = async (folder: string): Promise<Transformer> => {
    const model = await loadTransformer(folder, { baseWeights });
    opened.push({
      dispose: () => {
        disposeTransformer(model);
      },
    });
    return model;
  };
  try {
    const model = await open(source.model);
    const armModel = isOther ? await open(source.armModel!) : model;
    let checkpoint: Checkpoint | null = null;
    if (manifest) {
      assertSameBase(manifest, armModel.sha256, source.armModel ?? source.model);
      checkpoint = await loadCheckpoint(source.checkpoint!, { model: armModel.config });
      opened.push(...checkpoint.arms);
    }
    const eosTokenIds = new Set(model.config.eosTokenIds);
    if (tokenizer.eosTokenId !== null) eosTokenIds.add(tokenizer.eosTokenId);
    return {
      model,
      tokenizer,
      armTokenizer,
      checkpoint,
      eosTokenIds,
      dispose,
      arms: checkpoint?.arms ?? [],
      ...(isOther ? { armModel, sharedVocabulary: fit.shared } : {}),
      notice: fit.notice,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/**
 * Which ids mean the same to both models. Rows that a model has beyond its tokenizer's ids are never meant.
 * @throws UniArmError vocabularies-differ unless the tokens that they share were asked for
 */
function vocabularyFit(
  base: Tokenizer,
  arm: Tokenizer,
  source: Source,
): { shared: number | undefined; notice: string | null } {
  const comparison = compareTokenizers(base, arm);
  if (comparison.same) return { shared: base.vocabularySize, notice: null };
  const { shared, differentCount, sizes } = comparison;
  const where = `the tokenizers of ${source.model} (${sizes[0]} ids) and ${source.armModel} (${sizes[1]} ids)`;
  const differences = describeDifferences(comparison);
  const ends = base.eosTokenId !== null && base.eosTokenId >= shared;
  if (source.vocabulary !== "shared" || ends) {
    const advice = ends
      ? `The base model's end-of-sequence id ${base.eosTokenId} is not among the ${shared} first ids that they share: use models of one family.`
      : `Set vocabulary to shared to leave out ids from ${shared} on, ${sizes[0] - shared} of the base model's, or use models with the same tokenizer.`;
    throw new UniArmError(
      "vocabularies-differ",
      `One model cannot guide the other: ${where} differ. ${differences}. ${advice}`,
    );
  }
  return {
    shared,
    notice: `The models share ids 0 to ${shared - 1}; ${differentCount} are left out: ${differences}.`,
  };
}
