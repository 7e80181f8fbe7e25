import { z } from "zod";
import { UniArmError } from "../schema/error.ts";
import { MODEL_TYPES, ModelConfig, ModelType } from "../schema/model.ts";
import { CONFIG_CLASSES, ONLY_NEUTRAL } from "./config-classes.ts";
import { gpt2Config, Gpt2Json } from "./parse-gpt2.ts";
import { CLASS_KEYS, llamaConfig, LlamaJson } from "./parse-llama.ts";

/**
 * Reads what the transformer needs from a config.json of either layout. What is left out is what the class of transformers
 * takes; a key that the class reads and this project does not compute is refused by its name; other keys are ignored.
 * @param where named in errors: the file's path
 * @throws UniArmError model-unsupported, model-config-invalid
 */
export function parseConfigJson(json: unknown, where: string): ModelConfig {
  const given = textPartOf(typeof json === "object" && json !== null ? { ...json } : {});
  const known = ModelType.safeParse(given.model_type);
  if (!known.success) {
    const type = given.model_type;
    const what = typeof type === "string" ? `a model of type ${JSON.stringify(type.slice(0, 80))}` : "no model_type";
    throw unsupported(where, `describes ${what}; supported are ${MODEL_TYPES.join(", ")}`);
  }
  const modelType = known.data;
  if (given.quantization_config != null)
    throw unsupported(where, "says that the weights are quantized; expected F32, F16 or BF16 weights");
  const whole = withDefaults(given, modelType);
  refuseUncomputed(whole, modelType, where);
  const parsed =
    modelType === "gpt2"
      ? gpt2Config(checked(Gpt2Json, whole, modelType, where), where)
      : llamaConfig(checked(LlamaJson, whole, modelType, where), modelType, where);
  const { heads, keyValueHeads, headSize } = parsed;
  if (!Number.isInteger(headSize) || headSize % 2 !== 0)
    throw unsupported(where, `asks for heads of size ${headSize}; it must be an even whole number`);
  if (heads % keyValueHeads !== 0) {
    const what = `asks for ${heads} heads over ${keyValueHeads} key-value heads; the second must divide the first`;
    throw unsupported(where, what);
  }
  return checked(ModelConfig, parsed, modelType, where);
}

/** What a model that reads images too says of its language model. */
function textPartOf(json: Record<string, unknown>): Record<string, unknown> {
  if (json.model_type !== "gemma3") return json;
  const { text_config: text, tie_word_embeddings = true, quantization_config } = json;
  const whole = typeof text === "object" && text !== null ? (text as Record<string, unknown>) : {};
  const named = ["bos_token_id", "eos_token_id", "pad_token_id"].filter((key) => json[key] !== undefined);
  return {
    ...whole,
    ...Object.fromEntries(named.map((key) => [key, json[key]])),
    model_type: "gemma3_text",
    final_logit_softcapping: null, // that class has no use for it
    tie_word_embeddings,
    quantization_config: quantization_config ?? whole.quantization_config,
  };
}

/** With what the class takes for what is left out, without what other classes read and this one does not. */
function withDefaults(given: Record<string, unknown>, modelType: ModelType): Record<string, unknown> {
  const { defaults } = CONFIG_CLASSES[modelType];
  const whole = { ...given };
  for (const key of CLASS_KEYS) if (!Object.hasOwn(defaults, key)) delete whole[key];
  for (const [key, value] of Object.entries(defaults)) if (whole[key] === undefined) whole[key] = value;
  return whole;
}

/** Values that would change numbers in a way that is not computed here. */
function refuseUncomputed(whole: Record<string, unknown>, modelType: ModelType, where: string): void {
  const rules = Object.entries({ ...ONLY_NEUTRAL, ...CONFIG_CLASSES[modelType].only });
  for (const [key, values] of rules) {
    const value = whole[key];
    if (value === undefined || values.some((one) => JSON.stringify(one) === JSON.stringify(value))) continue;
    const shown = JSON.stringify(value).slice(0, 80);
    const computed = values.filter((one) => one !== null).map((one) => JSON.stringify(one));
    const otherwise = computed.length > 0 ? `computed is ${computed.join(" or ")}` : "it is not computed";
    throw unsupported(where, `asks for ${key} ${shown}; ${otherwise}. Use another model`);
  }
}

function checked<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  modelType: ModelType,
  where: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const what = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
  throw new UniArmError(
    "model-config-invalid",
    `${where} is not a config.json of a ${modelType} model: ${what}. Take the file of the model's own repository.`,
  );
}

const unsupported = (where: string, what: string): UniArmError =>
  new UniArmError("model-unsupported", `${where} ${what}.`);
