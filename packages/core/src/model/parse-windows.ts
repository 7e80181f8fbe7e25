import { z } from "zod";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig, ModelType } from "../schema/model.ts";
import { MOST } from "./config-limits.ts";
import { FAMILIES } from "./family.ts";

/** Keys of config.json on sliding windows. */
export const windowKeys = {
  sliding_window: z.int().positive().nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.int().nonnegative().optional(),
  sliding_window_pattern: z.int().positive().optional(),
  layer_types: z.array(z.string()).max(MOST.layers).nullish(),
};
type WindowJson = z.infer<z.ZodObject<typeof windowKeys>> & { num_hidden_layers: number };

/**
 * The layers that see a window only.
 * @param withoutRope layers in which nothing turns
 * @throws UniArmError model-unsupported, model-config-invalid
 */
export function windowOf(
  config: WindowJson,
  modelType: ModelType,
  withoutRope: readonly number[],
  where: string,
): ModelConfig["slidingWindow"] {
  const { windows, windowSwitch } = FAMILIES[modelType];
  if (windows === "none") return null;
  const types = windows === "listed" ? checkedTypes(config, where) : null;
  const isOff = windowSwitch && config.use_sliding_window !== true;
  const tokens = isOff ? null : (config.sliding_window ?? null);
  const isWindowed = (layer: number): boolean => {
    if (windows === "all") return true;
    return types ? types[layer] === "sliding_attention" : isListed(layer, config, modelType, withoutRope);
  };
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) => layer).filter(isWindowed);
  return tokens === null || layers.length === 0 ? null : { tokens, layers };
}

/** Which layers a class lists where config.json does not. */
function isListed(layer: number, config: WindowJson, modelType: ModelType, withoutRope: readonly number[]): boolean {
  if (modelType === "gemma2") return layer % 2 === 0;
  if (modelType === "gemma3_text") return (layer + 1) % config.sliding_window_pattern! !== 0;
  if (modelType === "olmo3") return (layer + 1) % 4 !== 0;
  if (modelType === "smollm3") return withoutRope.includes(layer);
  return layer >= config.max_window_layers!;
}

const LAYER_TYPES = ["full_attention", "sliding_attention"];
/** other names of one of them, which older files have */
const OLDER_TYPES: Readonly<Record<string, string>> = { attention: "full_attention" };

function checkedTypes({ layer_types: given, num_hidden_layers: layers }: WindowJson, where: string): string[] | null {
  if (!given) return null;
  const types = given.map((type) => (Object.hasOwn(OLDER_TYPES, type) ? OLDER_TYPES[type]! : type));
  const other = types.find((type) => !LAYER_TYPES.includes(type));
  if (other !== undefined) {
    throw new UniArmError(
      "model-unsupported",
      `${where} has a layer of type ${JSON.stringify(other.slice(0, 80))} in layer_types; supported are ${LAYER_TYPES.join(", ")}.`,
    );
  }
  if (types.length === layers) return types;
  throw new UniArmError(
    "model-config-invalid",
    `${where} has ${types.length} layer_types for ${layers} layers; expected one for each. Take the file of the model's own repository.`,
  );
}
