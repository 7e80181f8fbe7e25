import { z } from "zod";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig, ModelType } from "../schema/model.ts";
import { width } from "./config-json-keys.ts";
import { MOST } from "./config-limits.ts";

const factor = z.number().positive();
const expertCount = z.int().positive().max(4096).nullish();
/** of all layers together; no published model comes near */
const MOST_EXPERTS = 2 ** 17;

/** Keys of config.json that few families have. */
export const extraKeys = {
  // Gemma
  query_pre_attn_scalar: factor.optional(),
  attn_logit_softcapping: factor.nullish(),
  final_logit_softcapping: factor.nullish(),
  // Granite
  embedding_multiplier: factor.optional(),
  residual_multiplier: factor.optional(),
  attention_multiplier: factor.optional(),
  logits_scaling: factor.optional(),
  // SmolLM 3
  no_rope_layers: z.array(z.int()).max(MOST.layers).nullish(),
  no_rope_layer_interval: z.int().positive().optional(),
  // mixtures of experts; each class takes the other's name for their number too, and before its own
  num_experts: expertCount,
  num_local_experts: expertCount,
  num_experts_per_tok: expertCount,
  moe_intermediate_size: width.optional(),
  norm_topk_prob: z.boolean().optional(),
};
type ExtraJson = z.infer<z.ZodObject<typeof extraKeys>> & {
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
};
type Extras = Partial<
  Pick<ModelConfig, "attention" | "embeddingScale" | "residualScale" | "logits" | "experts" | "layersWithoutRope">
>;

/** What a family has beside what all have. @throws UniArmError model-config-invalid */
export function extrasOf(config: ExtraJson, modelType: ModelType, headSize: number, where: string): Extras {
  switch (modelType) {
    case "gemma":
      return { embeddingScale: Math.sqrt(config.hidden_size) };
    case "gemma2":
    case "gemma3_text":
      return gemmaExtras(config, modelType, headSize);
    case "granite":
      return {
        attention: { scale: config.attention_multiplier! },
        embeddingScale: config.embedding_multiplier!,
        residualScale: config.residual_multiplier!,
        logits: { scale: 1 / config.logits_scaling! },
      };
    case "smollm3":
      return { layersWithoutRope: layersWithoutRope(config, where) };
    case "mixtral":
      return {
        experts: expertsOf(
          config,
          config.num_experts ?? config.num_local_experts!,
          config.intermediate_size,
          true,
          where,
        ),
      };
    case "qwen3_moe":
      return {
        experts: expertsOf(
          config,
          config.num_local_experts ?? config.num_experts!,
          config.moe_intermediate_size!,
          config.norm_topk_prob!,
          where,
        ),
      };
    default:
      return {};
  }
}

function gemmaExtras(config: ExtraJson, modelType: "gemma2" | "gemma3_text", headSize: number): Extras {
  const { query_pre_attn_scalar: scalar, final_logit_softcapping: final } = config;
  const softCap = modelType === "gemma2" ? config.attn_logit_softcapping : null; // Gemma 3's class has the key and no use for it
  const attention = {
    ...(scalar === headSize ? {} : { scale: scalar! ** -0.5 }),
    ...(softCap == null ? {} : { softCap }),
  };
  return {
    embeddingScale: Math.sqrt(config.hidden_size),
    ...(Object.keys(attention).length > 0 ? { attention } : {}),
    ...(final == null ? {} : { logits: { softCap: final } }),
  };
}

function layersWithoutRope(config: ExtraJson, where: string): number[] {
  const { no_rope_layers: given, no_rope_layer_interval: interval, num_hidden_layers: count } = config;
  if (given && given.length < count)
    throw invalid(where, `${given.length} no_rope_layers for ${count} layers; expected one for each`);
  const turns = (layer: number): boolean => (given ? given[layer] !== 0 : (layer + 1) % interval! !== 0);
  return Array.from({ length: count }, (_, layer) => layer).filter((layer) => !turns(layer));
}

function expertsOf(
  { num_experts_per_tok: perToken, num_hidden_layers: layers }: ExtraJson,
  count: number,
  size: number,
  normalised: boolean,
  where: string,
): NonNullable<ModelConfig["experts"]> {
  if (perToken! > count)
    throw invalid(where, `num_experts_per_tok ${perToken} of ${count} experts; expected no more than there are`);
  if (count * layers > MOST_EXPERTS)
    throw invalid(where, `${count} experts in each of ${layers} layers; expected no more than ${MOST_EXPERTS} in all`);
  return { count, perToken: perToken!, size, normalised };
}

const invalid = (where: string, what: string): UniArmError =>
  new UniArmError("model-config-invalid", `${where} has ${what}. Take the file of the model's own repository.`);
