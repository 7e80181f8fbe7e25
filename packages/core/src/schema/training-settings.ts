import { z } from "zod";
import { AdapterConfig } from "./adapter.ts";
import { BaseWeights } from "./base-weights.ts";
import { Divergence } from "./fusion.ts";
import { Method, METHOD_HELP } from "./method.ts";
import { ObjectiveList, ObjectiveName } from "./objective.ts";
import { PreferenceVector } from "./preference.ts";
import { PromptFormatName } from "./prompt-format.ts";
import { Loss, RECIPE_HELP, RecipeName, TrainedPolicy } from "./recipe.ts";
import { Seed } from "./seed.ts";
import { TemplateVars } from "./template-vars.ts";

const share = z.number().min(0).max(1);

export const OptimizerConfig = z.strictObject({
  learningRate: z.number().positive().default(5e-4).describe("peak AdamW step size, reached after warm-up"),
  warmupSteps: z.int().nonnegative().default(20).describe("optimizer steps of linear warm-up from 0, not batches"),
  finalLearningRateShare: share.default(0).describe("the cosine ends at this share of the peak"),
  weightDecay: z.number().nonnegative().default(0.05).describe("decoupled decay of every trained tensor"),
  adamBeta1: share.default(0.9).describe("decay of the mean of gradients"),
  adamBeta2: share.default(0.999).describe("decay of the mean of squared gradients"),
  adamEpsilon: z.number().positive().default(1e-8).describe("keeps the division by the root of that mean finite"),
  maxGradNorm: z.number().positive().default(1).describe("gradients are scaled down to this global L2 norm"),
});
export type OptimizerConfig = z.infer<typeof OptimizerConfig>;

/** How many steps may be left out before a run stops. */
export const SkipNotFinite = z
  .int()
  .nonnegative()
  .default(0)
  .describe(
    "steps whose loss or gradient is not finite (NaN, infinity) that are left out before the run stops; 0: it stops at the first",
  );

export const GlobalLoss = z.enum(["none", "G1", "G2", "G3"]);
export type GlobalLoss = z.infer<typeof GlobalLoss>;

/** What counts where a setting that only some losses have is left out. */
export const DEFAULT_REWARD_TEMPERATURE = 0.05;
export const DEFAULT_TRAINING_STRENGTH = 1;
export const DEFAULT_DIVERGENCE_ALPHA = 0.5;
export const DEFAULT_REPLAY_SHARE = 0.5;

/** When a run ends before its last step. */
export const EarlyStopping = z.strictObject({
  metric: z.string().min(1).describe("name of a validation's metric, such as validation/loss"),
  patience: z.int().positive().describe("the run ends after so many validations in a row without a better value"),
});
export type EarlyStopping = z.infer<typeof EarlyStopping>;

/** The settings of a training, each by itself; `TrainingConfig` also holds them against each other. */
export const TrainingSettings = z.strictObject({
  method: Method.default("uniarm").describe(METHOD_HELP),
  model: z.string().min(1).describe("folder of the frozen base model, Hugging Face layout"),
  baseWeights: BaseWeights.optional(),
  promptFormat: PromptFormatName,
  templateVars: TemplateVars,
  pairs: z.string().min(1).describe("training pairs, JSONL of PreferencePair"),
  validationPairs: z.string().min(1).optional().describe("held-out pairs, JSONL; evaluated on a fixed preference grid"),
  output: z.string().min(1).describe("run folder to create"),
  objectives: ObjectiveList,
  adapter: AdapterConfig.optional().describe("adapter form and size; default: the method's own form with its defaults"),
  startFrom: z
    .string()
    .min(1)
    .optional()
    .describe("checkpoint or run folder whose adapters are trained on; default: fresh ones, which change nothing yet"),
  addedObjectives: z
    .array(ObjectiveName)
    .min(1)
    .optional()
    .describe(
      "the run's last objectives, which startFrom's checkpoint does not know: it is extended by them; default: it knows all. Methods with an adapter for each objective train those of the added ones alone",
    ),
  freeze: z
    .enum(["none", "factors"])
    .default("none")
    .describe(
      "with startFrom; factors: what every preference shares (A and B, PBLoRA's W1) stays as it was, only what the preference acts through is trained",
    ),
  replayPairs: z
    .string()
    .min(1)
    .optional()
    .describe(
      "with startFrom: pairs that its checkpoint was trained on, JSONL of PreferencePair; a share of each step's pairs comes from them",
    ),
  replayShare: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("share of each step's pairs that comes from replayPairs (default 0.5)"),
  marginFrom: z
    .string()
    .min(1)
    .optional()
    .describe(
      "modpo: checkpoint or run folder of the method dpo, whose policies say how much the objectives that are not trained on want a response",
    ),
  weightVectors: z
    .array(PreferenceVector)
    .min(1)
    .max(64)
    .optional()
    .describe(
      "modpo: preferences that a policy is tuned for, one each; default: for two objectives 0, 0.25, 0.5, 0.75 and 1 of the first",
    ),
  recipe: RecipeName.default("paper").describe(`what loss and policy are by default; ${RECIPE_HELP}`),
  loss: Loss.optional().describe(
    "default: the recipe's; winners: pairs, by the winner of each objective, as published; margins: pairs, by how much better the scores are; imitation: the best known responses to a prompt, by their scores",
  ),
  policy: TrainedPolicy.optional().describe(
    "default: the recipe's, tuned where the method tunes the model itself; arm: the loss sees the ARM alone, as published; guided: it sees what is decoded, base model and ARM together; tuned: it sees the model with its adapter, pairs by log-ratios to the model without",
  ),
  trainingStrength: z
    .number()
    .positive()
    .optional()
    .describe("guided: strength of the ARM in training (default 1); decoding may take another"),
  rewardTemperature: z
    .number()
    .positive()
    .optional()
    .describe(
      "margins, imitation: a response is wanted e times as much as one whose reward is this much lower (default 0.05)",
    ),
  divergence: Divergence.optional().describe("dpo: f-divergence to the base model (default reverse-kl, which is DPO)"),
  divergenceAlpha: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("divergence alpha: its alpha (default 0.5); near 0 it is reverse-kl, near 1 forward-kl"),
  objectiveWeights: z
    .record(ObjectiveName, z.number().positive())
    .optional()
    .describe("winners: what the loss of an objective is multiplied by, by objective name (default 1)"),
  optimizer: OptimizerConfig.prefault({}).describe("AdamW with warm-up and a cosine"),
  steps: z.int().positive().optional().describe("optimizer steps; default: as many as `epochs` needs"),
  epochs: z
    .number()
    .positive()
    .default(2)
    .describe("passes over the pairs (not those of replayPairs), unless `steps` is given"),
  batchPairs: z.int().positive().default(32).describe("pairs per optimizer step"),
  accumulationSteps: z.int().positive().default(1).describe("micro-batches that a step's pairs are split into"),
  recompute: z
    .boolean()
    .default(false)
    .describe(
      "compute each layer again in the backward pass instead of keeping its values: less memory, about a third more time",
    ),
  cutResponses: z
    .enum(["keep", "leave-out"])
    .optional()
    .describe(
      "responses that a limit of tokens cut off (finishes of a pair); keep: trained on without an end token; leave-out: their pairs are left out (default: keep, but a round leaves out its own)",
    ),
  maxLengthTokens: z.int().positive().default(1024).describe("pairs with a longer prompt + response are left out"),
  beta: z
    .union([z.number().positive(), z.record(ObjectiveName, z.number().positive())])
    .default(0.01)
    .describe(
      "winners, margins: sharpness of the loss of pairs, one for all objectives or (winners) by objective name",
    ),
  globalLoss: GlobalLoss.default("none").describe("whole-preference term beside the per-objective losses"),
  globalWeight: z.number().nonnegative().default(0).describe("lambda: weight of the global term"),
  ties: z
    .enum(["ignore", "first"])
    .default("ignore")
    .describe("ignore: a tied objective gives no gradient; first: response 0 wins"),
  missingLabels: z
    .enum(["refuse", "mask"])
    .default("refuse")
    .describe("pairs without a winner on some objective; refuse: an error; mask: they teach the other objectives"),
  dirichletConcentration: z
    .number()
    .positive()
    .default(0.5)
    .describe("c: preferences are drawn from Dirichlet(c, ..., c)"),
  preferencePer: z.enum(["row", "batch"]).default("row").describe("one preference per pair or per micro-batch"),
  preferenceShuffled: z
    .boolean()
    .default(false)
    .describe("control: the ARM is given an unrelated preference, so that it cannot learn to steer"),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("share of the adapters' inputs that is left out in training, drawn anew each step"),
  ema: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("decay of a moving average of the adapters, which is what is validated and saved; default: none"),
  validationEvery: z.int().positive().default(50).describe("optimizer steps between validations"),
  validationLimit: z
    .int()
    .positive()
    .default(256)
    .describe("the most held-out pairs that a validation reads: a sample, the same in all of a run's validations"),
  checkpointEvery: z.int().positive().default(50).describe("optimizer steps between checkpoints"),
  keepCheckpoints: z.int().positive().default(2).describe("how many of the newest checkpoints are kept"),
  earlyStopping: EarlyStopping.optional().describe("ends the run when a metric of its validations gets no better"),
  keepBest: z
    .string()
    .min(1)
    .optional()
    .describe("name of a validation's metric; the adapters with its best value are kept in the folder best of the run"),
  skipNotFinite: SkipNotFinite,
  seed: Seed,
});
export type TrainingSettings = z.infer<typeof TrainingSettings>;
