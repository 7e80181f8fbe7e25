import { z } from "zod";
import { AdapterConfig } from "./adapter.ts";
import { BaseWeights } from "./base-weights.ts";
import { Method, METHOD_HELP, methodOf } from "./method.ts";
import { ObjectiveList, ObjectiveName } from "./objective.ts";
import { PromptFormatName } from "./prompt-format.ts";
import { Loss, lossOf, RECIPE_HELP, RecipeName, TrainedPolicy } from "./recipe.ts";
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

/** Everything `train` needs. Paths are files and folders on this machine. */
export const TrainingConfig = z
  .strictObject({
    method: Method.default("uniarm").describe(METHOD_HELP),
    model: z.string().min(1).describe("folder of the frozen base model, Hugging Face layout"),
    baseWeights: BaseWeights.optional(),
    promptFormat: PromptFormatName,
    templateVars: TemplateVars,
    pairs: z.string().min(1).describe("training pairs, JSONL of PreferencePair"),
    validationPairs: z
      .string()
      .min(1)
      .optional()
      .describe("held-out pairs, JSONL; evaluated on a fixed preference grid"),
    output: z.string().min(1).describe("run folder to create"),
    objectives: ObjectiveList,
    adapter: AdapterConfig.optional().describe(
      "adapter form and size; default: the method's own form with its defaults",
    ),
    startFrom: z
      .string()
      .min(1)
      .optional()
      .describe("checkpoint or run folder whose ARM is trained on; default: a fresh one, which changes nothing yet"),
    recipe: RecipeName.default("paper").describe(`what loss and policy are by default; ${RECIPE_HELP}`),
    loss: Loss.optional().describe(
      "default: the recipe's; winners: pairs, by the winner of each objective, as published; margins: pairs, by how much better the scores are; imitation: the best known responses to a prompt, by their scores",
    ),
    policy: TrainedPolicy.optional().describe(
      "default: the recipe's; arm: the loss sees the ARM alone, as published; guided: it sees what is decoded, base model and ARM together",
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
    optimizer: OptimizerConfig.prefault({}).describe("AdamW with warm-up and a cosine"),
    steps: z.int().positive().optional().describe("optimizer steps; default: as many as `epochs` needs"),
    epochs: z.number().positive().default(2).describe("passes over the pairs, unless `steps` is given"),
    batchPairs: z.int().positive().default(32).describe("pairs per optimizer step"),
    accumulationSteps: z.int().positive().default(1).describe("micro-batches that a step's pairs are split into"),
    recompute: z
      .boolean()
      .default(false)
      .describe(
        "compute each layer again in the backward pass instead of keeping its values: less memory, about a third more time",
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
    validationEvery: z.int().positive().default(50).describe("optimizer steps between validations"),
    checkpointEvery: z.int().positive().default(50).describe("optimizer steps between checkpoints"),
    keepCheckpoints: z.int().positive().default(2).describe("how many of the newest checkpoints are kept"),
    skipNotFinite: SkipNotFinite,
    seed: Seed,
  })
  .superRefine((config, context) => {
    const issue = (path: string, message: string): void => {
      context.addIssue({ code: "custom", path: [path], message });
    };
    if (config.batchPairs % config.accumulationSteps !== 0) {
      issue(
        "accumulationSteps",
        `batchPairs ${config.batchPairs} must be a multiple of accumulationSteps ${config.accumulationSteps}`,
      );
    }
    if ((config.globalLoss === "none") !== (config.globalWeight === 0)) {
      issue("globalWeight", "globalLoss and globalWeight go together: set both, or neither");
    }
    const { loss, policy } = lossOf(config);
    if (loss !== "winners" && config.globalLoss !== "none") {
      issue("globalLoss", `loss ${loss} is of the whole preference already: a global loss goes with winners`);
    }
    if (loss === "winners" && config.rewardTemperature !== undefined) {
      issue("rewardTemperature", "loss winners sees no scores: set loss to margins or imitation");
    }
    if (loss === "margins" && typeof config.beta !== "number") {
      issue("beta", "loss margins compares whole rewards: it takes one beta for all objectives");
    }
    if (policy === "arm" && config.trainingStrength !== undefined) {
      issue("trainingStrength", "policy arm trains the ARM alone: set policy to guided");
    }
    const { adapter: form, arms } = methodOf(config.method);
    if (config.adapter && config.adapter.kind !== form) {
      issue("adapter", `method ${config.method} trains a ${form} adapter, not ${config.adapter.kind}`);
    }
    if (arms === "per-objective" && config.globalLoss !== "none") {
      issue("globalLoss", `${config.method} trains each objective alone: a global loss would have no effect`);
    }
    if (arms === "per-objective" && config.preferenceShuffled) {
      issue(
        "preferenceShuffled",
        `${config.method} is given no preference in training: shuffling would have no effect`,
      );
    }
    if (typeof config.beta !== "number") {
      const beta = config.beta;
      const missing = config.objectives.filter((objective) => beta[objective.name] === undefined);
      if (missing.length > 0) issue("beta", `no beta for ${missing.map((objective) => objective.name).join(", ")}`);
    }
  });
export type TrainingConfig = z.infer<typeof TrainingConfig>;
