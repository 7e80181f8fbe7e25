export * from "./schema/index.ts";

export type { Adapter, Factors, MergedModule } from "./adapters/adapter.ts";
export { bindAdapter } from "./adapters/bind.ts";
export { createAdapter, type CreateAdapterOptions } from "./adapters/create.ts";
export { mergeAdapter, mergeIntoModel } from "./adapters/merge.ts";
export { factorAdapter } from "./adapters/factors.ts";
export { adaptedModules, type AdaptedModule } from "./adapters/modules.ts";
export { objectiveGeometry } from "./adapters/objective-geometry.ts";
export { embedObjective, objectiveVectors, type ObjectiveVectorOptions } from "./adapters/objective-vectors.ts";

export { adapterFromTensors } from "./checkpoint/adapter-file.ts";
export { assertSameBase, assertSameObjectives } from "./checkpoint/assertions.ts";
export { writeFileAtomically, writeFolderAtomically } from "./checkpoint/atomic.ts";
export {
  loadCheckpoint,
  readManifest,
  saveCheckpoint,
  type Checkpoint,
  type CheckpointContent,
} from "./checkpoint/checkpoint.ts";
export { openWeights, type StoredTensor, type WeightFiles } from "./checkpoint/sharded.ts";
export { exportPeft, type PeftExport } from "./checkpoint/export-peft.ts";
export { readForeignAdapter } from "./checkpoint/foreign-adapter.ts";
export { checkpointFolder, findCheckpoint, pruneCheckpoints } from "./checkpoint/find.ts";
export { readResume, type ResumeState } from "./checkpoint/resume.ts";
export {
  float32Of,
  HEADER_LIMIT_BYTES,
  parseSafetensors,
  readSafetensors,
  writeSafetensors,
  type Safetensors,
  type SafetensorsEntry,
  type TensorData,
} from "./checkpoint/safetensors.ts";

export { globalFactor, pairLoss, type GlobalTerm, type PairLoss, type PairLossInput } from "./losses/pair-loss.ts";
export { isTied, signsOf } from "./losses/signs.ts";

export type { AdapterRows, ModuleDelta, ModuleName, RowAdapter } from "./model/adapter-rows.ts";
export {
  buildTransformer,
  createTransformer,
  trainableVariables,
  transformerFromTensors,
  transformerTensors,
  type BuildOptions,
  type TensorRecord,
  type WeightSource,
} from "./model/build.ts";
export { configJson, parseConfigJson } from "./model/config-json.ts";
export { affineOf, encode, loadEncoder, type Encoder } from "./model/encoder.ts";
export { checkExpectation, type ExpectationCheck } from "./model/expectation.ts";
export { inspectModel, type ModelInspection, type ModelMemory } from "./model/inspect.ts";
export { KvCache } from "./model/kv-cache.ts";
export { exportWeights, type WeightsDtype, type WeightsExportOptions } from "./model/export-weights.ts";
export { loadTensor } from "./model/file-source.ts";
export { hashModel, loadTransformer, readConfigJson, readModelConfig, saveTransformer } from "./model/pretrained.ts";
export type { Projection, ProjectionGroup, ProjectionPart } from "./model/project.ts";
export { linearPlaces, moduleName, requiredTensors, type LinearPlace } from "./model/tensor-names.ts";
export {
  createKvCache,
  disposeTransformer,
  forward,
  logitsOf,
  type ForwardOptions,
  type LayerWeights,
  type Transformer,
  type TransformerWeights,
} from "./model/transformer.ts";

export {
  responsePositions,
  sequenceLogProbs,
  tokenLogProbs,
  type LogProbOptions,
  type TokenPosition,
} from "./reward/log-probs.ts";
export { tokenBatch, type PromptAndResponse, type TokenBatch } from "./reward/token-batch.ts";

export { drawGuided } from "./tensor/draw.ts";
export { openEngine, type EngineInfo, type EngineName } from "./tensor/engine.ts";
export { gatherRows } from "./tensor/gather.ts";
export { logSoftmaxAt } from "./tensor/log-probs.ts";
export {
  disposeMatrix,
  frozenMatrix,
  linear,
  trainableMatrix,
  type FrozenMatrix,
  type Matrix,
  type TrainableMatrix,
} from "./tensor/matrix.ts";
export { defaultBaseWeights, nativeOps, storedAs, type FloatType } from "./tensor/native.ts";
export { adamWUpdate, scaleToNorm, type AdamWNumbers, type AdamWTensors } from "./tensor/optimize.ts";
export { createRandom, restoreRandom, type Random, type RandomState } from "./tensor/random.ts";
export { checkShape } from "./tensor/shape.ts";
export * as tf from "./tensor/tf.ts";

export { cutPartialLine, readJsonLines, writeJsonLines, type ReadJsonLinesOptions } from "./text/json-lines.ts";
export type { ChatTemplate } from "./text/chat-template.ts";
export { compareTokenizers, describeDifferences, type TokenizerComparison } from "./text/compare.ts";
export { content, format, slicePieces, textOf, type Piece } from "./text/pieces.ts";
export { namedFormat, type PromptFormat } from "./text/prompt-format.ts";
export type { TokenizerFiles } from "./text/tokenizer-files.ts";
export {
  createTokenizer,
  decodeResponse,
  encodePrompt,
  encodeResponse,
  loadTokenizer,
  promptText,
  type EncodeOptions,
  type Tokenizer,
  type TokenizerOptions,
} from "./text/tokenizer.ts";
