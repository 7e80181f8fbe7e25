import type { TrainingIssue } from "./training-issue.ts";
import { TrainingSettings } from "./training-settings.ts";

/** Why settings of other methods say nothing to a scorer; each has to be what it is where it is left out. */
const OF_OTHERS: Partial<Record<keyof TrainingSettings, string>> = {
  recipe: "a scorer learns from winners: leave it out",
  loss: "a scorer learns from winners: leave it out",
  policy: "a scorer has no policy: leave it out",
  trainingStrength: "a scorer steers nothing: leave it out",
  rewardTemperature: "a scorer learns from winners and sees no scores: leave it out",
  divergence: "a scorer is not compared with the base model: leave it out",
  divergenceAlpha: "a scorer is not compared with the base model: leave it out",
  beta: "a scorer's loss is of the difference of scores itself, without a sharpness: leave it out",
  globalLoss: "a scorer has a score for each objective and no whole preference: leave it out",
  globalWeight: "a scorer has a score for each objective and no whole preference: leave it out",
  dirichletConcentration: "a scorer is given no preference: leave it out",
  preferencePer: "a scorer is given no preference: leave it out",
  preferenceShuffled: "a scorer is given no preference: leave it out",
  addedObjectives: "a scorer learns all its objectives together: train it on all from the start",
};

/** What is wrong with the settings of a scorer. */
export function* scorer(config: TrainingSettings): Generator<TrainingIssue> {
  const { shape } = TrainingSettings;
  for (const [key, message] of Object.entries(OF_OTHERS) as [keyof TrainingSettings, string][])
    if (config[key] !== shape[key].parse(undefined)) yield { path: key, message };
}
