import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Adapter } from "../adapters/adapter.ts";
import { isFile } from "../files/exists.ts";
import { readText } from "../files/read-text.ts";
import { readSafetensors, type SafetensorsEntry } from "../files/safetensors.ts";
import { AdapterConfig, LINEAR_MODULES, type LinearModule } from "../schema/adapter.ts";
import { UniArmError } from "../schema/error.ts";
import { openEngine } from "../tensor/engine.ts";
import { adapterFromTensors } from "./adapter-file.ts";

const CONFIG_FILE = "adapter_config.json";
const WEIGHTS_FILE = "adapter_model.safetensors";
const PICKLE_FILE = "adapter_model.bin";
const CONFIG_LIMIT_BYTES = 1024 * 1024;

const none = z.union([z.null(), z.literal(false), z.strictObject({}), z.tuple([])]).optional();
const common = {
  lora_alpha: z.number().positive(),
  bias: z.literal("none", "expected none: biases of the base model are not trained here").default("none"),
  fan_in_fan_out: z.literal(false, "expected false: weights are [out, in]").default(false),
  modules_to_save: none,
};

/** What changes the numbers is read or refused by name; PEFT's other keys are ignored. */
const PeftLora = z.looseObject({
  ...common,
  peft_type: z.literal("LORA"),
  r: z.int().min(1).max(1024),
  use_rslora: z.boolean().default(false),
  use_dora: none,
  use_qalora: none,
  use_bdlora: none,
  lora_bias: none,
  rank_pattern: none,
  alpha_pattern: none,
  layer_replication: none,
  megatron_config: none,
  target_parameters: none,
  trainable_token_indices: none,
});

/** As the release of PARM writes it. */
const PbLora = z.looseObject({
  ...common,
  peft_type: z.literal("PBLORA"),
  r1: z.int().min(1).max(1024),
  r2: z.int().min(1).max(1024),
  obj_num: z.int().min(1).max(16),
});

const ForeignConfig = z.discriminatedUnion("peft_type", [PeftLora, PbLora]);

/**
 * Reads an adapter that others trained: PEFT's LoRA (adapter_config.json, adapter_model.safetensors) or PBLoRA in the layout
 * of PARM's release. The latter stores no preference: it is given when the adapter is used. Opens the engine.
 * @throws UniArmError adapter-missing, adapter-unsupported, checkpoint-tensor-*, safetensors-*
 */
export async function readForeignAdapter(folder: string): Promise<Adapter> {
  const config = await readConfig(folder);
  const where = join(folder, WEIGHTS_FILE);
  if (!(await isFile(where))) throw await missing(folder, WEIGHTS_FILE);
  const tensors = withPlainNames((await readSafetensors(where)).tensors, where);
  const targets = targetsOf(tensors, where);
  await openEngine();
  const own =
    config.peft_type === "LORA"
      ? {
          kind: "lora",
          rank: config.r,
          alpha: config.use_rslora ? config.lora_alpha * Math.sqrt(config.r) : config.lora_alpha, // s = alpha / sqrt(r)
        }
      : { kind: "pblora", sharedRank: config.r1, preferenceRank: config.r2, alpha: config.lora_alpha };
  const objectiveCount = config.peft_type === "LORA" ? 1 : config.obj_num;
  return adapterFromTensors(AdapterConfig.parse({ ...own, targets }), tensors, { objectiveCount, where });
}

async function readConfig(folder: string): Promise<z.infer<typeof ForeignConfig>> {
  const path = join(folder, CONFIG_FILE);
  if (!(await isFile(path))) throw await missing(folder, CONFIG_FILE);
  const unsupported = (what: string, cause?: unknown): UniArmError =>
    new UniArmError(
      "adapter-unsupported",
      `${path} cannot be used: ${what}. Supported are PEFT's LoRA (peft_type LORA) and PARM's PBLoRA (PBLORA).`,
      { cause },
    );
  if ((await stat(path)).size > CONFIG_LIMIT_BYTES) throw unsupported(`it is larger than ${CONFIG_LIMIT_BYTES} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(await readText(path));
  } catch (cause) {
    throw unsupported(`it is not JSON (${(cause as Error).message})`, cause);
  }
  const parsed = ForeignConfig.safeParse(json);
  if (!parsed.success) throw unsupported(z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " "), parsed.error);
  return parsed.data;
}

/** Older PEFT writes the adapter's own name into those of its tensors: lora_A.default.weight. */
function withPlainNames(tensors: ReadonlyMap<string, SafetensorsEntry>, where: string): Map<string, SafetensorsEntry> {
  const plain = new Map<string, SafetensorsEntry>();
  for (const [name, entry] of tensors) {
    const short = name.replace(/\.(lora_[AB]|pblora_(?:A|B|W1|W2))\.default(\.weight)?$/, ".$1$2");
    if (plain.has(short)) {
      throw new UniArmError("adapter-unsupported", `${where} holds more than one adapter: it contains ${short} twice.`);
    }
    plain.set(short, entry);
  }
  return plain;
}

/** The modules that the tensors name: target_modules may be a pattern, which the names have resolved. */
function targetsOf(tensors: ReadonlyMap<string, SafetensorsEntry>, where: string): LinearModule[] {
  const found = new Set<string>();
  for (const name of tensors.keys()) {
    const module = /\.layers\.\d+\.(?:self_attn|mlp)\.([a-z_]+)\.(?:lora|pblora)_/.exec(name)?.[1];
    if (module === undefined) {
      throw new UniArmError(
        "adapter-unsupported",
        `${where} has tensor ${name.slice(0, 200)}, which adapts no linear module of a Llama-like layer: ${LINEAR_MODULES.join(", ")}.`,
      );
    }
    found.add(module);
  }
  const targets = LINEAR_MODULES.filter((module) => found.has(module));
  const stray = [...found].find((module) => !(LINEAR_MODULES as readonly string[]).includes(module));
  if (stray === undefined && targets.length > 0) return targets;
  throw new UniArmError(
    "adapter-unsupported",
    `${where} adapts ${stray === undefined ? "no module" : `the module ${stray}`}; supported are ${LINEAR_MODULES.join(", ")}.`,
  );
}

async function missing(folder: string, file: string): Promise<UniArmError> {
  if (file === WEIGHTS_FILE && (await isFile(join(folder, PICKLE_FILE)))) {
    return new UniArmError(
      "adapter-missing",
      `Adapter folder ${folder} has its weights in ${PICKLE_FILE}, a Python pickle, which can run code when it is read. ` +
        `Convert it: python -c "import torch, safetensors.torch as s; s.save_file(torch.load('${join(folder, PICKLE_FILE)}', weights_only=True), '${join(folder, WEIGHTS_FILE)}')"`,
    );
  }
  return new UniArmError(
    "adapter-missing",
    `Adapter folder ${folder} has no ${file}. An adapter folder holds ${CONFIG_FILE} and ${WEIGHTS_FILE}.`,
  );
}
