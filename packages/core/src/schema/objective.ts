import { z } from "zod";

export const ObjectiveName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/, "an objective's name is lower-case letters, digits, - and _, starting with a letter")
  .max(64);

export const Objective = z.strictObject({
  name: ObjectiveName.describe("lower-case letters, digits, - and _, starting with a letter"),
  description: z.string().min(1).max(2000).describe("what the objective asks for, in words; UniARM embeds this text"),
  direction: z
    .enum(["maximize", "minimize"])
    .default("maximize")
    .describe("whether larger raw scores are better; scores are turned so that larger is better when they are read"),
});
export type Objective = z.infer<typeof Objective>;

/** The objectives of a run. Their order is the order of every preference vector and reward vector of that run. */
export const ObjectiveList = z
  .array(Objective)
  .min(1)
  .max(16)
  .refine(
    (list) => new Set(list.map((objective) => objective.name)).size === list.length,
    "objective names must differ",
  )
  .describe("the objectives; their order is the order of every preference vector");
export type ObjectiveList = z.infer<typeof ObjectiveList>;
