import { z } from "zod";
import { LINEAR_MODULES, type AdapterConfig } from "./adapter.ts";
import type { FusionRule } from "./fusion.ts";

/** What a method is: everything that differs between methods is read from here. */
interface MethodDefinition {
  /** what is trained, in one line */
  summary: string;
  adapter: AdapterConfig["kind"];
  /** arm: what is trained steers the frozen model at decoding; policy: it is the frozen model itself, tuned, and answers alone; scorer: a reward model, which answers nothing */
  trains: "arm" | "policy" | "scorer";
  /**
   * one: a single adapter takes the whole preference vector; per-objective: an adapter each, combined at decoding;
   * per-weights: an adapter for each of some preference vectors
   */
  arms: "one" | "per-objective" | "per-weights";
  /** how its adapters are decoded; the first is the default; none of what answers nothing */
  fusions: readonly FusionRule[];
  /** its adapter on tiny-world as published, where all adapters are of about equal size */
  tinyWorldAdapter: z.input<typeof AdapterConfig>;
  /** with about as many parameters as an adapter for each of two objectives has together; default: the same */
  tinyWorldLargeAdapter?: z.input<typeof AdapterConfig>;
}

const targets = [...LINEAR_MODULES];

/**
 * Every method, once. Parameters on tiny-world's default base: 47,616 (uniarm), 53,232 (parm), 2 x 52,224 (genarm); large
 * 95,232 (uniarm) and 101,322 (parm).
 */
export const METHODS = {
  uniarm: {
    summary: "one ARM for all objectives: a shared low-rank part, modulated by the preference (MoSLoRA)",
    adapter: "moslora",
    trains: "arm",
    arms: "one",
    fusions: ["product", "arm"],
    tinyWorldAdapter: { kind: "moslora", rank: 4, alpha: 8, targets },
    tinyWorldLargeAdapter: { kind: "moslora", rank: 8, alpha: 16, targets },
  },
  parm: {
    summary: "one ARM for all objectives: a shared core beside a preference-weighted one (PBLoRA)",
    adapter: "pblora",
    trains: "arm",
    arms: "one",
    fusions: ["product", "arm"],
    tinyWorldAdapter: { kind: "pblora", sharedRank: 4, preferenceRank: 4, alpha: 8, targets },
    tinyWorldLargeAdapter: { kind: "pblora", sharedRank: 8, preferenceRank: 7, alpha: 14, targets },
  },
  genarm: {
    summary: "an ARM for each objective (LoRA), combined by the preference at decoding",
    adapter: "lora",
    trains: "arm",
    arms: "per-objective",
    fusions: ["product", "arm"],
    tinyWorldAdapter: { kind: "lora", rank: 8, alpha: 16, targets },
  },
  dpo: {
    summary: "a policy tuned on each objective (LoRA, DPO), mixed at decoding: MOD, Rewarded Soups",
    adapter: "lora",
    trains: "policy",
    arms: "per-objective",
    fusions: ["mod", "soup"],
    tinyWorldAdapter: { kind: "lora", rank: 8, alpha: 16, targets },
  },
  modpo: {
    summary: "a policy tuned for each of some preference vectors (LoRA, MODPO); the nearest one answers",
    adapter: "lora",
    trains: "policy",
    arms: "per-weights",
    fusions: ["nearest"],
    tinyWorldAdapter: { kind: "lora", rank: 8, alpha: 16, targets },
  },
  finetune: {
    summary: "the model itself tuned with UniARM's adapter, which answers alone (MoSLoRA)",
    adapter: "moslora",
    trains: "policy",
    arms: "one",
    fusions: ["policy"],
    tinyWorldAdapter: { kind: "moslora", rank: 4, alpha: 8, targets },
    tinyWorldLargeAdapter: { kind: "moslora", rank: 8, alpha: 16, targets },
  },
  scorer: {
    summary: "a reward model of one's own: LoRA and a score for each objective (Bradley-Terry); it answers nothing",
    adapter: "scorer",
    trains: "scorer",
    arms: "one",
    fusions: [],
    tinyWorldAdapter: { kind: "scorer", rank: 8, alpha: 16, targets },
  },
} as const satisfies Record<string, MethodDefinition>;

export const Method = z.enum(Object.keys(METHODS) as [keyof typeof METHODS]);
export type Method = z.infer<typeof Method>;

/** What `method` may say, for help texts. */
export const METHOD_HELP = Object.entries(METHODS)
  .map(([name, { summary }]) => `${name}: ${summary}`)
  .join("; ");

/** The definition of a method. */
export const methodOf = (method: Method): MethodDefinition => METHODS[method];

/** Whether what the method trains gives scores, and answers nothing. */
export const isScorer = (method: Method): boolean => methodOf(method).trains === "scorer";

/** The methods whose adapters answer prompts, beside the base model or alone. */
export const ANSWERING_METHODS = Method.options.filter((method) => !isScorer(method));

/** Whether the method trains an adapter for each objective. */
export const hasArmPerObjective = (method: Method): boolean => methodOf(method).arms === "per-objective";
