import { z } from "zod";
import { UniArmError } from "../../schema/error.ts";
import { isOff, PEFT_LORA_FIELDS, refusedStart } from "./fields.ts";
import { mergeCommand, mergeOtherKind, type PeftPlace } from "./merge-command.ts";

const names = z.array(z.string().max(1000)).max(100_000);
const pattern = z.record(z.string(), z.number()).nullish();

/** The keys of PEFT's LoraConfig that are read; the others are classified in `fields.ts`. */
export const PeftLora = z.looseObject({
  peft_type: z.literal("LORA"),
  task_type: z.string().nullish(),
  r: z.int().min(1).max(65_536),
  lora_alpha: z.number(),
  target_modules: z.union([z.string().max(10_000), names]),
  exclude_modules: z.union([z.string().max(10_000), names]).nullish(),
  modules_to_save: names.nullish(),
  layers_to_transform: z.union([z.int(), z.array(z.int())]).nullish(),
  layers_pattern: z.union([z.string(), names]).nullish(),
  rank_pattern: pattern,
  alpha_pattern: pattern,
  bias: z.enum(["none", "all", "lora_only"]).default("none"),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  lora_bias: z.boolean().nullish(),
  ensure_weight_tying: z.boolean().nullish(),
});
export type PeftLora = z.infer<typeof PeftLora>;

/**
 * The LoRA that an adapter_config.json describes.
 * @throws UniArmError adapter-unsupported for everything that changes the numbers and is not computed here, by its name
 */
export function parsePeftLora(json: Record<string, unknown>, place: PeftPlace): PeftLora {
  const { path } = place;
  const wayOut = mergeCommand(place, json.task_type);
  for (const [key, value] of Object.entries(json)) {
    const fate = Object.hasOwn(PEFT_LORA_FIELDS, key) ? PEFT_LORA_FIELDS[key] : undefined;
    if (fate === "read" || fate === "ignored" || isOff(value)) continue;
    const shown = `${key} (${shownValue(value)})`;
    if (fate === undefined)
      throw unsupported(path, `it has ${shown}, a key that is not known here and may change the numbers`, wayOut);
    const noWay = key === "alora_invocation_tokens" || key === "layer_replication";
    throw unsupported(
      path,
      `it has ${shown}: ${fate.refused}`,
      noWay ? "Train a plain LoRA on the model instead." : wayOut,
    );
  }
  const start = refusedStart(json.init_lora_weights);
  if (start !== null)
    throw unsupported(
      path,
      `init_lora_weights is ${shownValue(json.init_lora_weights)}: ${start}`,
      `${wayOut} Or save it as a plain LoRA: PEFT's save_pretrained(..., path_initial_model_for_weight_conversion=...) does that for PiSSA, OLoRA, CorDA and LoRA-GA.`,
    );
  if (json.task_type === "SEQ_CLS")
    throw unsupported(
      path,
      "task_type is SEQ_CLS: it adapts a classifier (a reward model), which scores and steers nothing",
      wayOut,
    );
  if (!isOff(json.task_type) && json.task_type !== "CAUSAL_LM")
    throw unsupported(path, `task_type is ${shownValue(json.task_type)}; expected CAUSAL_LM`, wayOut);
  if (json.target_modules === null || json.target_modules === undefined)
    throw unsupported(path, "target_modules is missing", "Name the adapted modules in it, as PEFT does when it saves.");
  const parsed = PeftLora.safeParse(json);
  if (!parsed.success)
    throw unsupported(
      path,
      z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " "),
      "Take the file that PEFT wrote beside the weights.",
    );
  const config = parsed.data;
  if (typeof config.target_modules === "string" && config.target_modules.toLowerCase() === "all-linear")
    return { ...config, target_modules: "all-linear" };
  return config;
}

/** The refusal of another of PEFT's kinds of adapter. */
export function otherKind(json: Record<string, unknown>, place: PeftPlace): UniArmError {
  const { path } = place;
  const type = json.peft_type;
  if (typeof type !== "string")
    return unsupported(path, "it has no peft_type", "Take the file that PEFT wrote beside the weights.");
  const what = `peft_type is ${shownValue(type)}; supported are PEFT's LoRA (LORA) and PARM's PBLoRA (PBLORA)`;
  return unsupported(path, what, mergeOtherKind(type, place, json.task_type));
}

export function unsupported(path: string, what: string, wayOut: string, cause?: unknown): UniArmError {
  return new UniArmError("adapter-unsupported", `${path} cannot be used: ${what}. ${wayOut}`, { cause });
}

const shownValue = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
};
