import { z } from "zod";
import { LINEAR_MODULES, type AdapterConfig } from "./adapter.ts";

/** What a method is: everything that differs between methods is read from here. */
interface MethodDefinition {
  /** what is trained, in one line */
  summary: string;
  adapter: AdapterConfig["kind"];
  /** one: a single ARM takes the whole preference vector; per-objective: an ARM each, combined at decoding */
  arms: "one" | "per-objective";
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
    arms: "one",
    tinyWorldAdapter: { kind: "moslora", rank: 4, alpha: 8, targets },
    tinyWorldLargeAdapter: { kind: "moslora", rank: 8, alpha: 16, targets },
  },
  parm: {
    summary: "one ARM for all objectives: a shared core beside a preference-weighted one (PBLoRA)",
    adapter: "pblora",
    arms: "one",
    tinyWorldAdapter: { kind: "pblora", sharedRank: 4, preferenceRank: 4, alpha: 8, targets },
    tinyWorldLargeAdapter: { kind: "pblora", sharedRank: 8, preferenceRank: 7, alpha: 14, targets },
  },
  genarm: {
    summary: "an ARM for each objective (LoRA), combined by the preference at decoding",
    adapter: "lora",
    arms: "per-objective",
    tinyWorldAdapter: { kind: "lora", rank: 8, alpha: 16, targets },
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

/** Whether the method trains an ARM for each objective. */
export const hasArmPerObjective = (method: Method): boolean => methodOf(method).arms === "per-objective";
