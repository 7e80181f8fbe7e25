import { z } from "zod";
import { UniArmError } from "../schema/error.ts";
import type { Rope, RopeScaling } from "../schema/rope.ts";
import { MOST } from "./config-limits.ts";

const positive = z.number().positive();
const factors = z.array(positive).max(4096);

/** rope_scaling of transformers 4, rope_parameters of 5. */
export const RopeJson = z.looseObject({
  rope_type: z.string().nullish(),
  type: z.string().nullish(), // older name of rope_type
  rope_theta: positive.nullish(),
  partial_rotary_factor: positive.max(1).nullish(),
  factor: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  original_max_position_embeddings: z.int().positive().max(MOST.context).nullish(),
  attention_factor: z.number().nonnegative().nullish(),
  beta_fast: z.number().nonnegative().nullish(),
  beta_slow: z.number().nonnegative().nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().nullish(),
  short_factor: factors.nullish(),
  long_factor: factors.nullish(),
});
export type RopeJson = z.infer<typeof RopeJson>;

/** What config.json says of rotary positions outside of that object, and what they depend on. */
export interface RopeSetting {
  theta: number;
  headSize: number;
  contextTokens: number;
  /** null: not given */
  partialFactor: number | null;
  originalContextTokens: number | null;
  /** whether the class can turn a part of a head only */
  canBePartial: boolean;
  where: string;
}

/** Reads the rotary positions of one kind of layers. @throws UniArmError model-unsupported, model-config-invalid */
export function parseRope(json: RopeJson, setting: RopeSetting): Rope {
  const { headSize, canBePartial, where } = setting;
  const partial = json.partial_rotary_factor ?? setting.partialFactor ?? 1;
  const size = Math.trunc(headSize * partial);
  if (size !== headSize && (!canBePartial || size < 2 || size % 2 !== 0)) {
    const what = `asks for partial_rotary_factor ${partial}, so that ${size} of ${headSize} entries of a head turn`;
    throw unsupported(where, `${what}; ${canBePartial ? "an even number can" : "this model type turns all of them"}`);
  }
  const theta = json.rope_theta ?? setting.theta;
  const scaling = scalingOf(json, { ...setting, size });
  return size === headSize ? { theta, scaling } : { theta, scaling, size };
}

type Setting = RopeSetting & { size: number };

const ROPE_TYPES = ["default", "linear", "dynamic", "yarn", "longrope", "llama3"];

function scalingOf(json: RopeJson, setting: Setting): RopeScaling | null {
  const type = json.rope_type ?? json.type ?? "default";
  const { where } = setting;
  const need = <T>(value: T | null | undefined, key: string): T => {
    if (value !== undefined && value !== null) return value;
    throw new UniArmError("model-config-invalid", `${where} asks for rotary scaling of type "${type}" without ${key}.`);
  };
  const factor = (): number => need(json.factor, "factor");
  const originalContextTokens =
    setting.originalContextTokens ?? json.original_max_position_embeddings ?? setting.contextTokens;
  switch (type) {
    case "default":
      return null;
    case "linear":
    case "dynamic":
      return { kind: type, factor: factor() };
    case "llama3":
      return {
        kind: "llama3",
        factor: factor(),
        lowFrequencyFactor: need(json.low_freq_factor, "low_freq_factor"),
        highFrequencyFactor: need(json.high_freq_factor, "high_freq_factor"),
        originalContextTokens,
      };
    case "yarn":
      return yarnOf(json, originalContextTokens, setting);
    case "longrope":
      return longRopeOf(
        { ...json, short: need(json.short_factor, "short_factor"), long: need(json.long_factor, "long_factor") },
        originalContextTokens,
        setting,
      );
  }
  throw unsupported(
    where,
    `asks for rotary scaling of type ${JSON.stringify(type.slice(0, 80))}; supported are ${ROPE_TYPES.join(", ")}`,
  );
}

function yarnOf(json: RopeJson, originalContextTokens: number, { contextTokens, where }: Setting): RopeScaling {
  if (json.factor === undefined)
    throw new UniArmError("model-config-invalid", `${where} asks for rotary scaling of type "yarn" without factor.`);
  const factor = json.factor ?? contextTokens / originalContextTokens;
  const magnitude = (by: number): number => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  const { mscale, mscale_all_dim: ofAll } = json;
  const inferred = mscale && ofAll ? magnitude(mscale) / magnitude(ofAll) : magnitude(1);
  return {
    kind: "yarn",
    factor,
    originalContextTokens,
    attentionFactor: json.attention_factor ?? inferred,
    betaFast: givenOr(json.beta_fast, 32),
    betaSlow: givenOr(json.beta_slow, 1),
    truncate: json.truncate === undefined || json.truncate === true, // null counts as false
  };
}

/** 0 counts as left out. */
const givenOr = (value: number | null | undefined, otherwise: number): number =>
  value === 0 || value == null ? otherwise : value;

function longRopeOf(
  json: RopeJson & { short: number[]; long: number[] },
  originalContextTokens: number,
  { contextTokens, size, where }: Setting,
): RopeScaling {
  for (const [key, { length }] of [
    ["short_factor", json.short],
    ["long_factor", json.long],
  ] as const) {
    if (length === size / 2) continue;
    const what = `${where} has ${length} numbers in ${key}; expected ${size / 2}, one for each pair of entries of a head`;
    throw new UniArmError("model-config-invalid", `${what}. Take the file of the model's own repository.`);
  }
  const factor = json.factor ?? contextTokens / originalContextTokens;
  const inferred = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalContextTokens));
  return {
    kind: "longrope",
    shortFactors: json.short,
    longFactors: json.long,
    originalContextTokens,
    attentionFactor: json.attention_factor ?? inferred,
  };
}

const unsupported = (where: string, what: string): UniArmError =>
  new UniArmError("model-unsupported", `${where} ${what}.`);
