export {
  AdapterConfig,
  ignoresPreference,
  LINEAR_MODULES,
  LinearModule,
  LoraConfig,
  MosLoraConfig,
  PbLoraConfig,
  readsDescriptions,
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
  REPORT_LIMITS,
  Sha256,
} from "./attempt-event.ts";
export { BaseWeights } from "./base-weights.ts";
export { batches } from "./batches.ts";
export { decodeText, notText } from "./decode-text.ts";
export { CONDITIONS, differingConditions, MeasuringConditions } from "./conditions.ts";
export { DecodingConfig } from "./decoding.ts";
export { degenerateText } from "./degenerate-text.ts";
export { ENCODER_TYPES, EncoderActivation, EncoderConfig, EncoderType } from "./encoder.ts";
export { UniArmError } from "./error.ts";
export {
  BasePoint,
  Estimate,
  EvaluationConfig,
  EvaluationReport,
  FrontMetrics,
  FrontPoint,
  Interval,
  KlFromBase,
  Normaliser,
  ParetoFront,
  Score,
  Steering,
} from "./evaluation.ts";
export { EVALUATION_METRICS, type EvaluationMetric } from "./evaluation-metrics.ts";
export { RunEvent } from "./event.ts";
export { Fluency } from "./fluency.ts";
export { Measure } from "./measure.ts";
export { ModelExpectation } from "./expectation.ts";
export { Finish, Generation, Prompt, textOfPrompt } from "./generation.ts";
export { EndpointJudge, JudgedObjective, JudgeModel, JudgingConfig, JudgingSettings, LocalJudge } from "./judge.ts";
export { LIMITS } from "./limits.ts";
export { CheckpointManifest } from "./manifest.ts";
export { dialogueText, Message } from "./message.ts";
export { MetricKey } from "./metric-key.ts";
export { Divergence, Fusion, FUSION_RULES, type FusionRule } from "./fusion.ts";
export {
  FigureDifference,
  MethodComparison,
  MethodFigures,
  MethodPair,
  MethodTest,
  UncertainFigure,
  VarianceComponents,
} from "./method-comparison.ts";
export { ANSWERING_METHODS, hasArmPerObjective, isScorer, Method, methodOf, METHODS } from "./method.ts";
export { MODEL_TYPES, ModelConfig, ModelType } from "./model.ts";
export { hubPlace, isHubModel, parseHubModel, type HubModel } from "./hub-model.ts";
export { isNamedModel, isPulledByName, NAMED_MODELS, type NamedModel } from "./named-models.ts";
export { Objective, ObjectiveList, ObjectiveName } from "./objective.ts";
export { isCut, PreferencePair, Winner, winnerOf } from "./pair.ts";
export { hasMagic, PACKED } from "./packed.ts";
export {
  GenerateChunk,
  GenerateInput,
  PLAYGROUND_LIMITS,
  PlaygroundChunk,
  PlaygroundOrder,
  PlaygroundRequest,
  TokenStep,
} from "./playground.ts";
export { PreferenceControl } from "./preference-control.ts";
export { parsePreference, preferenceGrid, PreferenceVector, SIMPLEX_TOLERANCE } from "./preference.ts";
export { replayedPairs } from "./replay.ts";
export { Loss, lossOf, RecipeName, RECIPES, TrainedPolicy } from "./recipe.ts";
export { PretrainingConfig } from "./pretraining.ts";
export { COMMAND_LETTERS, GitState, LaunchedFrom, Provenance } from "./provenance.ts";
export { PROMPT_FORMATS, PromptFormatName } from "./prompt-format.ts";
export { namesOf, quoted, quotedItems, textOfNames, unquoted } from "./quoted.ts";
export { SHIPPED_SCORERS, ShippedScorerName } from "./shipped-scorer.ts";
export { ProgramConfig, ProgramFields, SAYS_WHAT_RUNS, saysWhatRuns } from "./program.ts";
export { ReadingSettings } from "./reading-settings.ts";
export { createRandom, type Random } from "./random.ts";
export { RewardModelConfig } from "./reward-model.ts";
export { scoredNames, scoresEachOnce, SCORES_EACH_ONCE, ScorersConfig, ScoringConfig } from "./scoring.ts";
export { SamplingConfig } from "./sampling.ts";
export { askScorer, largerIsBetter, type Scorer, type ScoringRequest } from "./scorer.ts";
export { Rope, RopeScaling } from "./rope.ts";
export { tooShortFor } from "./search-issues.ts";
export { Seed } from "./seed.ts";
export { partOf, Shard, WrittenShard } from "./shard.ts";
export { StrengthChoice, StrengthRule, TriedStrength } from "./strength-choice.ts";
export { NamedTokenLogProbs, TokenLogProbs, TopLogProbs } from "./token-log-probs.ts";
export { TemplateVars } from "./template-vars.ts";
export {
  DEFAULT_DIVERGENCE_ALPHA,
  DEFAULT_REWARD_TEMPERATURE,
  DEFAULT_TRAINING_STRENGTH,
  GlobalLoss,
  OptimizerConfig,
} from "./training-settings.ts";
export { TrainingConfig } from "./training.ts";
export { Agreement, Choice, JudgeReport, JudgeUsage, Verdict, VerdictReason, WinRate } from "./verdict.ts";
export { isBetter, validationMetrics } from "./validation-metric.ts";
export { versionRefusal, WORK_PROTOCOL, type WorkVersion } from "./work-protocol.ts";
