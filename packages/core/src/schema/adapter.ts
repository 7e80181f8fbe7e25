import { z } from "zod";

export const LINEAR_MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] as const;
export const LinearModule = z.enum(LINEAR_MODULES);
export type LinearModule = z.infer<typeof LinearModule>;

const rank = z.int().min(1).max(1024);
const alpha = z.number().positive();
const targets = z
  .array(LinearModule)
  .min(1)
  .refine((list) => new Set(list).size === list.length, "targets must differ")
  .default(["q_proj", "k_proj", "v_proj"])
  .describe("linear modules of every layer that are adapted");

/** y = W0 x + (alpha / rank) B A x. */
export const LoraConfig = z.strictObject({
  kind: z.literal("lora"),
  rank: rank.default(8).describe("rank of the low-rank matrices"),
  alpha: alpha.default(16).describe("what the adapter adds is scaled by alpha / rank"),
  targets,
});
export type LoraConfig = z.infer<typeof LoraConfig>;

/** A LoRA of the model without its language-model head, with a head that gives a score for each objective: score.weight [K,d], no bias. */
export const ScorerConfig = z.strictObject({
  kind: z.literal("scorer"),
  rank: rank.default(8).describe("rank of the low-rank matrices"),
  alpha: alpha.default(16).describe("what the adapter adds is scaled by alpha / rank"),
  targets,
});
export type ScorerConfig = z.infer<typeof ScorerConfig>;

/** PARM's PBLoRA: a shared core beside one that is a preference-weighted sum of matrices; scale alpha / preferenceRank. */
export const PbLoraConfig = z.strictObject({
  kind: z.literal("pblora"),
  sharedRank: rank.default(4).describe("r1: rank of the part that every preference shares"),
  preferenceRank: rank.default(4).describe("r2: rank of the part that the preference mixes"),
  alpha: alpha.default(8).describe("what the adapter adds is scaled by alpha / preferenceRank"),
  targets,
});
export type PbLoraConfig = z.infer<typeof PbLoraConfig>;

/**
 * UniARM's MoSLoRA: y = W0 x + (alpha / rank) B (gamma(p) * (A x) + delta(p)), p the preference-weighted sum of objective vectors.
 * Choices that are inferred, not taken from the paper, are keys here.
 */
export const MosLoraConfig = z.strictObject({
  kind: z.literal("moslora"),
  rank: rank.default(4).describe("rank of the low-rank matrices"),
  alpha: alpha.default(8).describe("what the adapter adds is scaled by alpha / rank"),
  targets,
  modulation: z
    .enum(["scale-and-shift", "scale", "shift"])
    .default("scale-and-shift")
    .describe("which part of the affine modulation exists; the single ones are ablations"),
  modulationSpace: z
    .enum(["rank", "output"])
    .default("rank")
    .describe("rank: modulate A x before B; output: modulate B A x"),
  modulationGenerator: z
    .enum(["module", "shared"])
    .default("module")
    .describe("module: each linear module maps p to its modulation; shared: one bottleneck for all, a small head each"),
  modulationInit: z
    .number()
    .nonnegative()
    .default(1)
    .describe("standard deviation of the random start of the scale's map; 0 is the zero start"),
  objectiveEmbedding: z
    .enum(["mean-last-hidden", "last-token", "mean-input-embedding", "random", "one-hot"])
    .default("mean-last-hidden")
    .describe(
      "how an objective's description becomes a vector of the frozen model; random and one-hot are controls that read no description",
    ),
  objectiveGeometry: z
    .enum(["simplex", "centred", "orthonormal", "raw"])
    .default("simplex")
    .describe("simplex: Löwdin-orthonormalised, centred, unit length; raw: unit length only"),
});
export type MosLoraConfig = z.infer<typeof MosLoraConfig>;

export const AdapterConfig = z.discriminatedUnion("kind", [LoraConfig, PbLoraConfig, MosLoraConfig, ScorerConfig]);
export type AdapterConfig = z.infer<typeof AdapterConfig>;

/** One module of a LoRA that others trained: y = m (W0 x) + b0 + m s B A x + b, with only some of these. */
export const LoraModule = z.strictObject({
  rank: z.int().min(1).max(65_536).nullable().describe("of A and B; null: a whole matrix stands in their place"),
  scale: z.number().describe("s, what the product B A x is multiplied by"),
  shift: z.boolean().describe("whether a bias b is added"),
  rescaled: z.boolean().describe("DoRA: whether each output of the module and of B A x is multiplied by a number m"),
});
export type LoraModule = z.infer<typeof LoraModule>;

/** A LoRA that is not the same in every layer, by the modules that it adapts; read, never trained. */
export const LoraByModuleConfig = z.strictObject({
  kind: z.literal("lora-by-module"),
  modules: z
    .record(z.string().max(100), LoraModule)
    .refine((modules) => Object.keys(modules).length > 0, "there must be a module")
    .describe("by their paths in the model: layers.0.self_attn.q_proj, embed_tokens, lm_head"),
});
export type LoraByModuleConfig = z.infer<typeof LoraByModuleConfig>;

/** What a checkpoint can hold: what can be trained, and what others trained. */
export const StoredAdapterConfig = z.discriminatedUnion("kind", [
  LoraConfig,
  PbLoraConfig,
  MosLoraConfig,
  ScorerConfig,
  LoraByModuleConfig,
]);
export type StoredAdapterConfig = z.infer<typeof StoredAdapterConfig>;

/** Whether the objectives' descriptions decide what an adapter of this form is. */
export const readsDescriptions = (config: StoredAdapterConfig): boolean =>
  config.kind === "moslora" && config.objectiveEmbedding !== "random" && config.objectiveEmbedding !== "one-hot";

/** Whether an adapter of this form does the same whatever the preference. */
export const ignoresPreference = ({ kind }: StoredAdapterConfig): boolean =>
  kind === "lora" || kind === "scorer" || kind === "lora-by-module";
