/**
 * What becomes of each key of PEFT's LoraConfig (0.21.2). `read`: its value is used. `ignored`: no value of it changes what a
 * trained adapter computes. A sentence: why any value that switches it on is refused. A key that is not here is refused too,
 * unless it is off.
 */
export const PEFT_LORA_FIELDS: Readonly<Record<string, "read" | "ignored" | { refused: string }>> = {
  alora_invocation_tokens: {
    refused: "aLoRA acts only from its invocation tokens on, which neither this project nor merged weights can do",
  },
  alpha_pattern: "read",
  arrow_config: { refused: "Arrow chooses among several adapters for each token" },
  auto_mapping: "ignored",
  base_model_name_or_path: "ignored",
  bias: "read",
  corda_config: "ignored", // read by CorDA's start alone, which init_lora_weights names
  ensure_weight_tying: "read",
  eva_config: "ignored", // read by EVA's start alone
  exclude_modules: "read",
  fan_in_fan_out: "ignored", // PEFT sets it by the class of each module, whatever the file says
  inference_mode: "ignored",
  init_lora_weights: "read",
  kasa_config: { refused: "KaSA cuts the base model's weights when it is loaded" },
  layer_replication: { refused: "it makes another model, with layers repeated" },
  layers_pattern: "read",
  layers_to_transform: "read",
  loftq_config: "ignored", // read by LoftQ's start alone
  lora_alpha: "read",
  lora_bias: "read",
  lora_dropout: "ignored", // for training
  lora_ga_config: "ignored", // read by LoRA-GA's start alone
  megatron_config: { refused: "it is for layers of Megatron" },
  megatron_core: "ignored", // a module's name, read with megatron_config
  modules_to_save: "read",
  monteclora_config: { refused: "MonteCLoRA draws its weights at random" },
  peft_type: "read",
  peft_version: "ignored",
  qalora_group_size: "ignored", // read with use_qalora
  r: "read",
  rank_pattern: "read",
  revision: "ignored",
  runtime_config: "ignored",
  target_modules: "read",
  target_parameters: { refused: "it adapts parameters that are not linear modules" },
  task_type: "read",
  trainable_token_indices: { refused: "it trains rows of the embedding" },
  use_bdlora: { refused: "BD-LoRA's matrices are in blocks" },
  use_dora: "read",
  use_qalora: { refused: "QA-LoRA pools what it reads in groups" },
  use_rslora: "read",
  velora_config: { refused: "VeLoRA is not computed here" },
  // keys of older versions
  enable_lora: { refused: "it adapts parts of a fused module" },
  merge_weights: "ignored",
};

/** Whether a value switches a key off, as PEFT's defaults do. */
export const isOff = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** Why a start (`init_lora_weights`) is refused; null: it changes nothing once the adapter is trained. */
export function refusedStart(value: unknown): string | null {
  if (value === undefined || value === null || typeof value === "boolean") return null;
  if (typeof value !== "string") return "no start of that name is known";
  const name = value.toLowerCase();
  if (["gaussian", "eva", "orthogonal", "mica"].includes(name)) return null;
  if (name.startsWith("pissa") || name === "olora" || name.startsWith("corda"))
    return "PEFT rewrites the base model's weights when such an adapter is loaded";
  if (name === "loftq") return "it belongs to a base model whose weights LoftQ has quantized";
  if (name === "lora_ga") return "it was trained on a base model whose weights LoRA-GA has changed";
  return "no start of that name is known";
}
