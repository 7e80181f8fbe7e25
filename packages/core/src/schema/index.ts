export {
  AdapterConfig,
  ignoresPreference,
  LINEAR_MODULES,
  LinearModule,
  LoraConfig,
  MosLoraConfig,
  PbLoraConfig,
  StoredAdapterConfig,
} from "./adapter.ts";
export {
  AttemptEnd,
  AttemptEvent,
  type AttemptEventInput,
  BlobFile,
  MetricValue,
  metricValueJson,
  RelativePath,
  Sha256,
} from "./attempt-event.ts";
export { BaseWeights } from "./base-weights.ts";
export { batches } from "./batches.ts";
export { decodeText, notText } from "./decode-text.ts";
export { DecodingConfig, SamplingConfig } from "./decoding.ts";
export { ENCODER_TYPES, EncoderActivation, EncoderConfig, EncoderType } from "./encoder.ts";
export { UniArmError } from "./error.ts";
export {
  Estimate,
  EvaluationConfig,
  EvaluationReport,
  FrontPoint,
  Interval,
  Normaliser,
  ParetoFront,
  Score,
} from "./evaluation.ts";
export { RunEvent } from "./event.ts";
export { ModelExpectation } from "./expectation.ts";
export { Generation, Prompt, textOfPrompt } from "./generation.ts";
export { CheckpointManifest } from "./manifest.ts";
export { dialogueText, Message } from "./message.ts";
export { MetricKey } from "./metric-key.ts";
export { Divergence, Fusion, FUSION_RULES, type FusionRule } from "./fusion.ts";
export { hasArmPerObjective, Method, methodOf, METHODS } from "./method.ts";
export { MODEL_TYPES, ModelConfig, ModelType } from "./model.ts";
export { Objective, ObjectiveList, ObjectiveName } from "./objective.ts";
export { PreferencePair, Winner, winnerOf } from "./pair.ts";
export { hasMagic, PACKED } from "./packed.ts";
export {
  GenerateChunk,
  GenerateInput,
  PLAYGROUND_LIMITS,
  PlaygroundChunk,
  PlaygroundOrder,
  PlaygroundRequest,
  TokenLogProbs,
  TokenStep,
} from "./playground.ts";
export { parsePreference, preferenceGrid, PreferenceVector, SIMPLEX_TOLERANCE } from "./preference.ts";
export { Loss, lossOf, RecipeName, RECIPES, TrainedPolicy } from "./recipe.ts";
export { PretrainingConfig } from "./pretraining.ts";
export { PROMPT_FORMATS, PromptFormatName } from "./prompt-format.ts";
export { RewardModelConfig, ScoringConfig } from "./reward-model.ts";
export { askScorer, largerIsBetter, type Scorer, type ScoringRequest } from "./scorer.ts";
export { Rope, RopeScaling } from "./rope.ts";
export { Seed } from "./seed.ts";
export { TemplateVars } from "./template-vars.ts";
export {
  DEFAULT_DIVERGENCE_ALPHA,
  DEFAULT_REWARD_TEMPERATURE,
  DEFAULT_TRAINING_STRENGTH,
  GlobalLoss,
  OptimizerConfig,
} from "./training-settings.ts";
export { TrainingConfig } from "./training.ts";
export { isBetter } from "./validation-metric.ts";
