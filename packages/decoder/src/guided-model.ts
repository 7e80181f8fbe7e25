import {
  assertSameBase,
  assertSameObjectives,
  defaultBaseWeights,
  disposeTransformer,
  loadCheckpoint,
  loadTokenizer,
  loadTransformer,
  openEngine,
  readManifest,
  type Checkpoint,
  type Tokenizer,
  type Transformer,
} from "@uniarm/core";
import {
  UniArmError,
  type DecodingConfig,
  type Fusion,
  type PromptFormatName,
  type TemplateVars,
} from "@uniarm/core/schema";
import type { Decoder } from "./generate.ts";
import { fusionOf, openFusion, PRODUCT, type OpenFusion } from "./fusion/open.ts";
import { vocabularyFit } from "./vocabulary-fit.ts";

/** A frozen model and, unless it answers unguided, the checkpoint that steers it. */
export interface GuidedModel extends Decoder {
  tokenizer: Tokenizer;
  /** of the model that carries the ARMs, when it is another one */
  armTokenizer: Tokenizer | null;
  checkpoint: Checkpoint | null;
  fusion: OpenFusion;
  /** what the user should know of how the two models fit; null for nothing */
  notice: string | null;
  dispose(): void;
}

type Source = Pick<DecodingConfig, "model"> &
  Partial<
    Pick<
      DecodingConfig,
      | "checkpoint"
      | "fusion"
      | "objectives"
      | "baseWeights"
      | "promptFormat"
      | "templateVars"
      | "armModel"
      | "armPromptFormat"
      | "armTemplateVars"
      | "vocabulary"
    >
  >;

/**
 * Opens a model folder and, when given, a checkpoint or run folder that was trained on this very model or on `armModel`.
 * @param source.objectives names in the order of the preferences; must be the checkpoint's
 * @throws UniArmError checkpoint-base-mismatch, checkpoint-objectives-mismatch, vocabularies-differ, fusion-not-of-method,
 * arm-model-without-effect, adapters-differ, and those of reading the folders
 */
export async function openGuidedModel(source: Source): Promise<GuidedModel> {
  const manifest = source.checkpoint === undefined ? null : await readManifest(source.checkpoint);
  if (manifest && source.objectives) assertSameObjectives(manifest, source.objectives);
  const settings = fusionOf(source, manifest);
  const isOther = source.armModel !== undefined;
  const trained = manifest?.promptFormat;
  const named = (given: PromptFormatName | undefined, otherwise: PromptFormatName | undefined) =>
    given === undefined || given === "auto" ? (otherwise ?? "auto") : given;
  // a format without a template has no use for the variables of the training's
  const varsOf = (format: PromptFormatName, given: TemplateVars | undefined): TemplateVars => ({
    ...(format === "auto" || format === "chat-template" ? manifest?.templateVars : {}),
    ...given,
  });
  const format = named(source.promptFormat, isOther ? undefined : trained);
  const tokenizer = await loadTokenizer(source.model, {
    promptFormat: format,
    templateVars: isOther ? source.templateVars : varsOf(format, source.templateVars),
  });
  const armFormat = named(source.armPromptFormat, trained);
  const armTokenizer = isOther
    ? await loadTokenizer(source.armModel!, {
        promptFormat: armFormat,
        templateVars: varsOf(armFormat, source.armTemplateVars),
      })
    : null;
  const fit = armTokenizer ? vocabularyFit(tokenizer, armTokenizer, source) : { shared: undefined, notice: null };

  await openEngine();
  const baseWeights = source.baseWeights ?? defaultBaseWeights("decoding");
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
    let fusion = PRODUCT;
    if (manifest) {
      assertSameBase(manifest, armModel.sha256, source.armModel ?? source.model);
      checkpoint = await loadCheckpoint(source.checkpoint!, { model: armModel.config });
      opened.push(...checkpoint.arms);
      fusion = openFusion(settings, checkpoint.arms);
      if (fusion.stack) opened.push(fusion.stack);
    }
    const eosTokenIds = new Set(model.config.eosTokenIds);
    if (tokenizer.eosTokenId !== null) eosTokenIds.add(tokenizer.eosTokenId);
    return {
      model,
      tokenizer,
      armTokenizer,
      checkpoint,
      fusion,
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
 * The same model and checkpoint under another rule of fusion. All weights are shared; the view's own stack is freed apart from
 * the model, before it.
 * @throws UniArmError fusion-without-checkpoint, fusion-not-of-method, arm-model-without-effect, adapters-differ
 */
export function fusedBy(guided: GuidedModel, fusion: Fusion): GuidedModel {
  const { checkpoint, armTokenizer, armModel } = guided;
  if (!checkpoint)
    throw new UniArmError(
      "fusion-without-checkpoint",
      `Fusion ${fusion.rule} was asked for, but no checkpoint is open: there is nothing to fuse with the base model. Open a checkpoint, or leave out the fusion.`,
    );
  const isOther = armTokenizer !== null;
  const settings = fusionOf({ fusion, ...(isOther ? { armModel: armModel!.folder } : {}) }, checkpoint.manifest);
  return { ...guided, fusion: openFusion(settings, checkpoint.arms) };
}

/** What the user should know of how the models' files were read. */
export const modelNotices = ({ model, armModel }: GuidedModel): string[] => [
  ...new Set(
    [model, ...(armModel ? [armModel] : [])].flatMap(({ notices, folder }) =>
      notices.map((notice) => `${folder}: ${notice}`),
    ),
  ),
];
