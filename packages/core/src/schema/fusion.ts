import { z } from "zod";

/** Ways to make one next-token distribution of the base model's and the adapters'. */
export const FUSION_RULES = ["product", "mod", "soup", "nearest", "policy", "arm"] as const;
export type FusionRule = (typeof FUSION_RULES)[number];

export const Divergence = z.enum(["reverse-kl", "forward-kl", "alpha", "jsd"]);
export type Divergence = z.infer<typeof Divergence>;

const Mod = z
  .strictObject({
    rule: z.literal("mod"),
    divergence: Divergence.default("reverse-kl").describe("f-divergence that the policies were tuned with"),
    alpha: z.number().gt(0).lt(1).optional().describe("of divergence alpha; default .5"),
    form: z
      .enum(["exact", "published"])
      .default("exact")
      .describe("exact: with the normaliser inside of f'; published: the power means of the released code"),
  })
  .refine(({ divergence, alpha }) => alpha === undefined || divergence === "alpha", {
    path: ["alpha"],
    message: "alpha has no effect but on divergence alpha: leave it out, or set divergence to alpha",
  });
const Soup = z.strictObject({
  rule: z.literal("soup"),
  mean: z
    .enum(["deltas", "factors"])
    .default("deltas")
    .describe("deltas: the mean of what the adapters add to the weights; factors: of A and of B, as published"),
});

/** How the base model's and the adapters' distributions become one; what there is depends on the checkpoint's method. */
export const Fusion = z
  .discriminatedUnion("rule", [
    z.strictObject({ rule: z.literal("product") }),
    Mod,
    Soup,
    z.strictObject({ rule: z.literal("nearest") }),
    z.strictObject({ rule: z.literal("policy") }),
    z.strictObject({ rule: z.literal("arm") }),
  ])
  .describe(
    "product: base model times ARMs; mod: the tuned policies mixed by a divergence's rule; soup: their adapters averaged; nearest: the policy tuned for the nearest preference; policy: the tuned policy alone; arm: the ARMs alone, weighed by the preference, without the base model. Default: the first that the checkpoint's method has",
  );
export type Fusion = z.infer<typeof Fusion>;
