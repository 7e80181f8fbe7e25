// Configurations, what travels between packages, and UniArmError have a door of their own: @uniarm/core/schema.

// The tensor engine
export { openEngine, openedEngine, type EngineInfo } from "./tensor/engine.ts";
export { calibration, type Calibration } from "./tensor/calibration/calibration.ts";
export { defaultBaseWeights } from "./tensor/calibration/default-base-weights.ts";
export * as tf from "./tensor/tf.ts";
export { createRandom, restoreRandom, type Random, type RandomState } from "./tensor/random.ts";
export { linear } from "./tensor/matrix.ts";
export { logSoftmaxAt } from "./tensor/log-probs.ts";
export { drawGuided } from "./tensor/draw.ts";
export { adamWUpdate, scaleToNorm } from "./tensor/optimize.ts";
export { checkShape } from "./tensor/shape.ts";
export { nativeOps, storedAs } from "./tensor/native.ts";

// Files
export { writeFileAtomically, writeFolderAtomically } from "./files/atomic.ts";
export { cacheFolder } from "./files/cache-folder.ts";
export { exists } from "./files/exists.ts";
export { hubFolder, pulledRecord, type PulledModel } from "./files/hub-cache.ts";
export { modelPath, namedModelFolder } from "./files/model-path.ts";
export { readText, utf8Chunks } from "./files/read-text.ts";
export { float32Of, readSafetensors, writeSafetensors } from "./files/safetensors.ts";
export { openWeights } from "./files/sharded.ts";

// Text
export { encodeConversation, loadReadingTokenizer } from "./text/conversation.ts";
export { encodePrompt, encodeResponse, loadTokenizer, promptText, type Tokenizer } from "./text/tokenizer.ts";
export { compareTokenizers, describeDifferences, type TokenizerComparison } from "./text/compare.ts";
export { cutPartialLine, readJsonLines, writeJsonLines, type ReadJsonLinesOptions } from "./text/json-lines.ts";
export { textOf } from "./text/pieces.ts";
export { dayOf, now } from "./text/today.ts";
export { templateWritesDate } from "./text/writes-date.ts";

// Language models
export { hashFiles, hashModel, readConfigJson, readModelConfig } from "./model/model-folder.ts";
export { checkIsWritten, loadTransformer, saveTransformer } from "./model/pretrained.ts";
export { weightsAsStored } from "./model/weights-as-stored.ts";
export { createTransformer } from "./model/create.ts";
export { buildTransformer } from "./model/build.ts";
export type { WeightSource } from "./model/weight-source.ts";
export { createKvCache, forward, logitsOf, type Transformer } from "./model/transformer.ts";
export type { KvCache } from "./layers/kv-cache.ts";
export { trainableVariables } from "./model/held-tensors.ts";
export { disposeTransformer } from "./model/dispose.ts";
export { configJson } from "./model/config-json.ts";
export { mostTokens } from "./model/new-columns.ts";
export { requiredTensors } from "./model/tensor-names.ts";
export { headScores, lastTokenColumn, scoredPadTokenId } from "./model/head-scores.ts";
export { inspectModel, modelMemory, type ModelInspection } from "./model/inspect.ts";
export {
  inferenceMemory,
  LOGITS_BYTES,
  PASS_TOKENS,
  type InferenceMemory,
  type InferenceSize,
} from "./model/inference-memory.ts";
export { checkExpectation, type ExpectationCheck } from "./model/expectation.ts";

// Log-probabilities of responses
export {
  forkedBatch,
  responsesOf,
  tokenBatch,
  tokensOf,
  type BatchResponse,
  type PromptAndResponse,
  type TokenBatch,
} from "./model/token-batch.ts";
export { canFork } from "./model/new-columns.ts";
export {
  responsePositions,
  sequenceLogProbs,
  stateLogProbs,
  tokenLogProbs,
  type TokenPosition,
} from "./model/log-probs.ts";
export { baseStates, guidedSequenceLogProbs, responseStates, type GuidedPart } from "./model/guided-log-probs.ts";

// Encoders, for scorers
export { encode, loadEncoder, type Encoder } from "./model/encoder.ts";
export type { EncoderBatch } from "./model/encoder-rows.ts";
export { ENCODER_ACTIVATIONS } from "./model/encoder-activations.ts";
export { ENCODER_NAMES } from "./model/encoder-names.ts";
export { affineOf, normed, weightReader } from "./model/encoder-weights.ts";
export { loadTensor } from "./model/file-source.ts";

// Adapters
export type { Adapter } from "./adapters/adapter.ts";
export { createAdapter } from "./adapters/create.ts";
export { extendAdapter } from "./adapters/extend.ts";
export { modulationTensors } from "./adapters/modulation-tensors.ts";
export { addedObjectiveVectors, objectiveVectors, type ObjectiveVectorOptions } from "./adapters/objective-vectors.ts";
export { scorerHead } from "./adapters/scorer.ts";
export { bindAdapter } from "./adapters/bind.ts";
export { bindLoraStack, stackLoras, type LoraMean, type LoraStack } from "./adapters/lora-stack.ts";
export { withDropout } from "./adapters/dropout.ts";
export { copyAdapter } from "./adapters/copy.ts";
export { changesHead, type AdapterRows, type ModuleDelta, type RowAdapter } from "./layers/adapter-rows.ts";
export { mergeIntoModel } from "./adapters/merge.ts";

// Losses
export { softplus } from "./losses/softplus.ts";
export { isTied, signsOf } from "./losses/signs.ts";
export { pairLoss } from "./losses/pair-loss.ts";
export { scoreLoss } from "./losses/score-loss.ts";
export { marginLoss } from "./losses/margin-loss.ts";
export { logRatioReward, type DivergenceSettings } from "./losses/log-ratio-reward.ts";
export { residualDifference } from "./losses/residual-difference.ts";
export { imitationLoss, imitationTarget } from "./losses/imitation-loss.ts";

// Checkpoints
export { OBJECTIVE_VECTORS } from "./checkpoint/adapter-file.ts";
export { loadCheckpoint, readManifest, saveCheckpoint, type Checkpoint } from "./checkpoint/checkpoint.ts";
export { checkpointFolder, findCheckpoint, pruneCheckpoints } from "./checkpoint/find.ts";
export { extendCheckpoint, type CheckpointExtension } from "./checkpoint/extend-checkpoint.ts";
export { readResume, type ResumeState } from "./checkpoint/resume.ts";
export { assertBeginsWithObjectives, assertSameBase, assertSameObjectives } from "./checkpoint/assertions.ts";

// Adapters of others, and ours for others
export { readForeignAdapter } from "./checkpoint/foreign-adapter.ts";
export { exportPeft } from "./checkpoint/export-peft.ts";
export { classifierClass, exportClassifier } from "./checkpoint/export-classifier.ts";
export { exportWeights, type WeightsDtype } from "./checkpoint/export-weights.ts";
