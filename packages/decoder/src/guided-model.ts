import {
  assertSameBase,
  assertSameObjectives,
  disposeTransformer,
  loadCheckpoint,
  loadTokenizer,
  loadTransformer,
  defaultBaseWeights,
  openEngine,
  readManifest,
  type BaseWeights,
  type Checkpoint,
  type Tokenizer,
} from "@uniarm/core";
import type { Decoder } from "./generate.ts";

/** A frozen model and, unless it answers unguided, the checkpoint that steers it. */
export interface GuidedModel extends Decoder {
  tokenizer: Tokenizer;
  checkpoint: Checkpoint | null;
  dispose(): void;
}

/**
 * Opens a model folder and, when given, a checkpoint or run folder that was trained on this very model.
 * @param source.objectives names in the order that preferences are meant in; must be the checkpoint's
 * @throws UniArmError checkpoint-base-mismatch, checkpoint-objectives-mismatch, and those of reading either folder
 */
export async function openGuidedModel(source: {
  model: string;
  checkpoint?: string | undefined;
  objectives?: readonly string[] | undefined;
  baseWeights?: BaseWeights | undefined;
}): Promise<GuidedModel> {
  const tokenizer = await loadTokenizer(source.model);
  await openEngine();
  const model = await loadTransformer(source.model, { baseWeights: source.baseWeights ?? defaultBaseWeights() });
  let checkpoint: Checkpoint | null = null;
  const dispose = (): void => {
    disposeTransformer(model);
    checkpoint?.arms.forEach((arm) => {
      arm.dispose();
    });
  };
  try {
    if (source.checkpoint !== undefined) {
      const manifest = await readManifest(source.checkpoint);
      if (source.objectives) assertSameObjectives(manifest, source.objectives);
      assertSameBase(manifest, model.sha256, source.model);
      checkpoint = await loadCheckpoint(source.checkpoint, { model: model.config });
    }
  } catch (error) {
    dispose();
    throw error;
  }
  const eosTokenIds = new Set(model.config.eosTokenIds);
  if (tokenizer.eosTokenId !== null) eosTokenIds.add(tokenizer.eosTokenId);
  return { model, tokenizer, checkpoint, arms: checkpoint?.arms ?? [], eosTokenIds, dispose };
}
