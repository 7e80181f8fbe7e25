import { isScorer, METHODS, methodOf, type Method } from "./method.ts";
import { lossOf } from "./recipe.ts";
import type { TrainingIssue } from "./training-issue.ts";
import { scorer } from "./training-issues-scorer.ts";
import { goingOn } from "./training-issues-start.ts";
import type { TrainingSettings } from "./training-settings.ts";
import { validationMetrics } from "./validation-metric.ts";

/** Everything that is wrong with settings which are each right by themselves. */
export function trainingIssues(config: TrainingSettings): TrainingIssue[] {
  const own = isScorer(config.method) ? [scorer] : [lossAndPolicy];
  return [batches, ...own, method, modpo, objectives, goingOn, validation].flatMap((check) => [...check(config)]);
}

type Check = (config: TrainingSettings) => Generator<TrainingIssue>;

const batches: Check = function* ({ batchPairs, accumulationSteps }) {
  if (batchPairs % accumulationSteps !== 0)
    yield {
      path: "accumulationSteps",
      message: `batchPairs ${batchPairs} must be a multiple of accumulationSteps ${accumulationSteps}`,
    };
};

const lossAndPolicy: Check = function* (config) {
  const { loss, policy } = lossOf(config);
  const tunes = methodOf(config.method).trains === "policy";
  if (tunes !== (policy === "tuned"))
    yield {
      path: "policy",
      message: tunes
        ? `${config.method} tunes the model itself, which answers alone: its policy is tuned`
        : `${config.method} trains an ARM beside the frozen model: set policy to arm or guided`,
    };
  if ((config.globalLoss === "none") !== (config.globalWeight === 0))
    yield { path: "globalWeight", message: "globalLoss and globalWeight go together: set both, or neither" };
  if (loss !== "winners" && config.globalLoss !== "none")
    yield {
      path: "globalLoss",
      message: `loss ${loss} is of the whole preference already: a global loss goes with winners`,
    };
  if (loss === "winners" && config.rewardTemperature !== undefined)
    yield { path: "rewardTemperature", message: "loss winners sees no scores: set loss to margins or imitation" };
  if (loss === "margins" && typeof config.beta !== "number")
    yield { path: "beta", message: "loss margins compares whole rewards: it takes one beta for all objectives" };
  if (loss !== "winners" && config.objectiveWeights)
    yield {
      path: "objectiveWeights",
      message: `loss ${loss} is of the whole preference, not of single objectives: weights go with winners`,
    };
  if (loss !== "winners" && config.missingLabels === "mask")
    yield { path: "missingLabels", message: `loss ${loss} needs every score of a pair: masking goes with winners` };
  if (policy !== "guided" && config.trainingStrength !== undefined)
    yield {
      path: "trainingStrength",
      message:
        policy === "arm"
          ? "policy arm trains the ARM alone: set policy to guided"
          : "a tuned policy answers alone: it has no strength",
    };
  if (config.divergence !== undefined && (config.method !== "dpo" || loss === "imitation"))
    yield {
      path: "divergence",
      message:
        config.method === "dpo"
          ? "loss imitation compares nothing with the base model: a divergence goes with winners or margins"
          : `only dpo takes a divergence; ${config.method} has its own loss`,
    };
  if (config.divergenceAlpha !== undefined && config.divergence !== "alpha")
    yield { path: "divergenceAlpha", message: "only the divergence alpha has one: set divergence to alpha" };
};

const method: Check = function* (config) {
  const { adapter: form, arms } = methodOf(config.method);
  if (config.adapter && config.adapter.kind !== form)
    yield { path: "adapter", message: `method ${config.method} trains a ${form} adapter, not ${config.adapter.kind}` };
  if (arms === "one") return;
  if (config.globalLoss !== "none")
    yield {
      path: "globalLoss",
      message: `${config.method} trains each objective alone: a global loss would have no effect`,
    };
  if (config.preferenceShuffled)
    yield {
      path: "preferenceShuffled",
      message: `${config.method} is given no preference in training: shuffling would have no effect`,
    };
  if (config.objectiveWeights && lossOf(config).loss === "winners")
    yield {
      path: "objectiveWeights",
      message: `each adapter of ${config.method} learns one objective: a weight would only scale its gradient, which AdamW undoes`,
    };
};

const modpo: Check = function* (config) {
  const { method: name, marginFrom, weightVectors } = config;
  const count = config.objectives.length;
  if (methodOf(name).arms !== "per-weights") {
    const only = namesWith("per-weights");
    if (marginFrom !== undefined)
      yield { path: "marginFrom", message: `only ${only} trains against the policies of another checkpoint` };
    if (weightVectors)
      yield { path: "weightVectors", message: `only ${only} trains for preferences that are chosen beforehand` };
    return;
  }
  if (!weightVectors && count > 2)
    yield {
      path: "weightVectors",
      message: `${name} tunes a policy for each preference: with ${count} objectives say which ones`,
    };
  const wrong = weightVectors?.find((weights) => weights.length !== count);
  if (wrong)
    yield {
      path: "weightVectors",
      message: `[${wrong.join(", ")}] has ${wrong.length} entries; it needs ${count}, one for each objective`,
    };
  if (weightVectors && new Set(weightVectors.map((weights) => weights.join())).size < weightVectors.length)
    yield { path: "weightVectors", message: "the preferences must differ" };
  const mixes = weightVectors ? weightVectors.some(isMixed) : count > 1;
  const { loss } = lossOf(config);
  if (loss === "imitation" && marginFrom !== undefined)
    yield { path: "marginFrom", message: "loss imitation takes the other objectives from the scores: leave it out" };
  if (loss !== "imitation" && mixes && marginFrom === undefined)
    yield {
      path: "marginFrom",
      message: `${name} needs the policies of each objective: train the method dpo first and name its run folder`,
    };
  if (loss !== "imitation" && !mixes && marginFrom !== undefined)
    yield { path: "marginFrom", message: "every weight vector is of one objective alone: it would have no effect" };
};

/** Of more than one objective, however little the others count. */
const isMixed = (weights: readonly number[]): boolean => weights.filter((weight) => weight > 0).length > 1;

const namesWith = (arms: string): string =>
  (Object.keys(METHODS) as Method[]).filter((name) => methodOf(name).arms === arms).join(", ");

const objectives: Check = function* ({ beta, objectiveWeights, objectives: list }) {
  const names: readonly string[] = list.map(({ name }) => name);
  if (typeof beta !== "number") {
    const missing = names.filter((name) => beta[name] === undefined);
    if (missing.length > 0) yield { path: "beta", message: `no beta for ${missing.join(", ")}` };
  }
  const given = { beta: typeof beta === "number" ? {} : beta, objectiveWeights: objectiveWeights ?? {} };
  for (const path of ["beta", "objectiveWeights"] as const) {
    const unknown = Object.keys(given[path]).filter((name) => !names.includes(name));
    if (unknown.length > 0)
      yield { path, message: `${unknown.join(", ")} is no objective of this run; it has ${names.join(", ")}` };
  }
};

const validation: Check = function* ({ earlyStopping, keepBest, validationPairs, objectives: list }) {
  const known = validationMetrics(list);
  for (const [path, metric] of [
    ["earlyStopping", earlyStopping?.metric],
    ["keepBest", keepBest],
  ] as const) {
    if (metric === undefined) continue;
    if (validationPairs === undefined) yield { path, message: "it looks at validations: give validationPairs" };
    else if (!known.includes(metric))
      yield { path, message: `there is no metric ${metric}; a validation measures ${known.join(", ")}` };
  }
};
