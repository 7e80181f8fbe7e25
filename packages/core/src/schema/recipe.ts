import { z } from "zod";
import { methodOf, type Method } from "./method.ts";

export const Loss = z.enum(["winners", "margins", "imitation"]);
export type Loss = z.infer<typeof Loss>;

/** Which policy's log-probabilities a loss sees. */
export const TrainedPolicy = z.enum(["arm", "guided", "tuned"]);
export type TrainedPolicy = z.infer<typeof TrainedPolicy>;

interface Recipe {
  /** what it does, in one line */
  summary: string;
  loss: Loss;
  /** of methods that train an ARM; a tuned policy is `tuned` by every recipe */
  policy: Exclude<TrainedPolicy, "tuned">;
}

/** Ways to train, whatever the method: what `loss` and `policy` are where they are not given. */
export const RECIPES = {
  paper: {
    summary: "as published: which response of a pair wins on each objective, and the ARM alone",
    loss: "winners",
    policy: "arm",
  },
  guided: {
    summary: "how much better a response of a pair is, and base model and ARM together as they are decoded",
    loss: "margins",
    policy: "guided",
  },
  imitation: {
    summary: "the best known responses to a prompt by their scores, and base model and ARM together",
    loss: "imitation",
    policy: "guided",
  },
} as const satisfies Record<string, Recipe>;

export const RecipeName = z.enum(Object.keys(RECIPES) as [keyof typeof RECIPES]);
export type RecipeName = z.infer<typeof RecipeName>;

/** What `recipe` may say, for help texts. */
export const RECIPE_HELP = Object.entries(RECIPES)
  .map(([name, { summary }]) => `${name}: ${summary}`)
  .join("; ");

/** The loss of a run and the policy that it sees: as given, else the recipe's; a method that tunes the model sees that alone. */
export const lossOf = (config: {
  method: Method;
  recipe: RecipeName;
  loss?: Loss | undefined;
  policy?: TrainedPolicy | undefined;
}): { loss: Loss; policy: TrainedPolicy } => {
  const { loss, policy } = RECIPES[config.recipe];
  const usual = methodOf(config.method).trains === "policy" ? "tuned" : policy;
  return { loss: config.loss ?? loss, policy: config.policy ?? usual };
};
