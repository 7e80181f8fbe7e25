import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Adapter } from "../adapters/adapter.ts";
import { checkFitsModel } from "../adapters/fits-model.ts";
import { isFile } from "../files/exists.ts";
import { readText } from "../files/read-text.ts";
import { indexSafetensors, readSafetensors, type SafetensorsEntry } from "../files/safetensors.ts";
import { AdapterConfig, LINEAR_MODULES, type LinearModule } from "../schema/adapter.ts";
import { CONFIG_FILE as MODEL_CONFIG_FILE, readModelConfig } from "../model/model-folder.ts";
import { UniArmError } from "../schema/error.ts";
import { openEngine } from "../tensor/engine.ts";
import { adapterFromTensors } from "./adapter-file.ts";
import { withPlainNames } from "./peft/adapter-tensors.ts";
import { openBaseModel } from "./peft/base-model.ts";
import { otherKind, parsePeftLora, unsupported } from "./peft/config.ts";
import type { PeftPlace } from "./peft/merge-command.ts";
import { readLora } from "./peft/read-lora.ts";
import { readModelAsAdapter } from "./peft/read-model.ts";

const CONFIG_FILE = "adapter_config.json";
const WEIGHTS_FILE = "adapter_model.safetensors";
const PICKLE_FILE = "adapter_model.bin";
const CONFIG_LIMIT_BYTES = 1024 * 1024;

const none = z.union([z.null(), z.literal(false), z.strictObject({}), z.tuple([])]).optional();

/** As the release of PARM writes it. */
const PbLora = z.looseObject({
  peft_type: z.literal("PBLORA"),
  lora_alpha: z.number().positive(),
  bias: z.literal("none", "expected none: biases of the base model are not trained here").default("none"),
  fan_in_fan_out: z.literal(false, "expected false: weights are [out, in]").default(false),
  modules_to_save: none,
  r1: z.int().min(1).max(1024),
  r2: z.int().min(1).max(1024),
  obj_num: z.int().min(1).max(16),
});

export interface ForeignOptions {
  /** told what was left out because it changes nothing */
  onNotice?: (text: string) => void;
}

/**
 * Reads an adapter that others trained: PEFT's LoRA (adapter_config.json, adapter_model.safetensors) or PBLoRA in the layout
 * of PARM's release. The latter stores no preference: it is given when the adapter is used. A model folder is read as what it
 * adds to its base. Opens the engine.
 * @param model folder of the base model that it was trained on
 * @throws UniArmError adapter-missing, adapter-unsupported, adapter-model-mismatch, checkpoint-tensor-*, safetensors-*, and those of reading the model
 */
export async function readForeignAdapter(
  folder: string,
  model: string,
  { onNotice = () => undefined }: ForeignOptions = {},
): Promise<Adapter> {
  const path = join(folder, CONFIG_FILE);
  if (!(await isFile(path)) && (await isFile(join(folder, MODEL_CONFIG_FILE)))) {
    await openEngine();
    return readModelAsAdapter(folder, model);
  }
  const json = await readJson(path, folder);
  const place: PeftPlace = {
    path,
    folder,
    model,
    labels: json.task_type === "SEQ_CLS" ? await labelsOf(folder) : null,
  };
  const type = json.peft_type;
  if (type !== "LORA" && type !== "PBLORA") throw otherKind(json, place);
  const config = type === "LORA" ? parsePeftLora(json, place) : parsePbLora(json, place);
  const where = join(folder, WEIGHTS_FILE);
  if (!(await isFile(where))) throw await missing(folder, WEIGHTS_FILE);
  const tensors = withPlainNames((await readSafetensors(where)).tensors, where);
  await openEngine();
  if (config.peft_type === "LORA") {
    const base = await openBaseModel(model);
    return readLora(tensors, { config, place, where, base, onNotice });
  }
  const { r1, r2, lora_alpha: alpha, obj_num: objectiveCount } = config;
  const targets = targetsOf(tensors, where);
  const own = AdapterConfig.parse({ kind: "pblora", sharedRank: r1, preferenceRank: r2, alpha, targets });
  const adapter = adapterFromTensors(own, tensors, { objectiveCount, where });
  try {
    checkFitsModel(adapter, await readModelConfig(model));
  } catch (error) {
    adapter.dispose();
    throw error;
  }
  return adapter;
}

/** How many labels the classifier's head has that was saved with an adapter, if one was. */
async function labelsOf(folder: string): Promise<number | null> {
  const where = join(folder, WEIGHTS_FILE);
  if (!(await isFile(where))) return null;
  const { tensors } = await indexSafetensors(where);
  const head = [...tensors.keys()].find((name) => /\.(score|classifier)\.(.*\.)?weight$/.test(name));
  return head === undefined ? null : (tensors.get(head)?.shape[0] ?? null);
}

async function readJson(path: string, folder: string): Promise<Record<string, unknown>> {
  if (!(await isFile(path))) throw await missing(folder, CONFIG_FILE);
  const again = "Take the file that PEFT wrote beside the weights.";
  if ((await stat(path)).size > CONFIG_LIMIT_BYTES)
    throw unsupported(path, `it is larger than ${CONFIG_LIMIT_BYTES} bytes`, again);
  let json: unknown;
  try {
    json = JSON.parse(await readText(path));
  } catch (cause) {
    throw unsupported(path, `it is not JSON (${(cause as Error).message})`, again, cause);
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw unsupported(path, "it is no JSON object", again);
}

function parsePbLora(json: unknown, { path }: PeftPlace): z.infer<typeof PbLora> {
  const parsed = PbLora.safeParse(json);
  if (parsed.success) return parsed.data;
  const what = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
  throw unsupported(path, what, "Take the file that PARM's release wrote.", parsed.error);
}

/** The modules that the tensors name: target_modules may be a pattern, which the names have resolved. */
function targetsOf(tensors: ReadonlyMap<string, SafetensorsEntry>, where: string): LinearModule[] {
  const found = new Set<string>();
  for (const name of tensors.keys()) {
    const module = /\.layers\.\d+\.(?:self_attn|mlp)\.([a-z_]+)\.pblora_/.exec(name)?.[1];
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
