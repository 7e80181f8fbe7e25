import type { SafetensorsEntry } from "../../files/safetensors.ts";
import { UniArmError } from "../../schema/error.ts";

const PREFIX = "base_model.model.";

/** What an adapter's file holds for one module, by PEFT's names; `weight` and `bias` stand for the module's own. */
export type ModuleTensors = Partial<Record<TensorPart, NamedEntry>>;
export interface NamedEntry extends SafetensorsEntry {
  name: string;
}

const PARTS = {
  "lora_A.weight": "a",
  "lora_B.weight": "b",
  "lora_B.bias": "shift",
  lora_embedding_A: "embeddingA",
  lora_embedding_B: "embeddingB",
  lora_magnitude_vector: "magnitude",
  "base_layer.weight": "weight",
  "base_layer.bias": "bias",
  "original_module.weight": "originalWeight", // what modules_to_save took the place of
  "original_module.bias": "originalBias",
  weight: "weight",
  bias: "bias",
} as const;
export type TensorPart = (typeof PARTS)[keyof typeof PARTS];

/** The parts that belong to the adapter itself, by their names. */
export const LORA_PARTS = Object.entries(PARTS).filter(([name]) => name.startsWith("lora_"));
export const hasLora = (tensors: ModuleTensors): boolean => LORA_PARTS.some(([, part]) => tensors[part] !== undefined);

/** Older PEFT writes the adapter's own name into those of its tensors: lora_A.default.weight. */
const withoutAdapterName = (name: string): string =>
  name
    .replace(/\.(lora_[AB]|lora_embedding_[AB]|pblora_(?:A|B|W1|W2))\.default(\.(?:weight|bias))?$/, ".$1$2")
    .replace(/\.lora_magnitude_vector(\.default)?(\.weight)?$/, ".lora_magnitude_vector");

/** A module of modules_to_save as older versions name it; beside the name of today it is a copy that PEFT passes over. */
const OLD_SAVED = /\.modules_to_save(\.default)?\.(weight|bias)$/;

/** Tensors by the names that today's PEFT gives them. @throws UniArmError adapter-unsupported when two have one name */
export function withPlainNames(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  where: string,
): Map<string, SafetensorsEntry> {
  const plain = new Map<string, SafetensorsEntry>();
  for (const [name, entry] of tensors) {
    const today = name.replace(OLD_SAVED, ".$2");
    if (today !== name && tensors.has(today)) continue;
    const short = withoutAdapterName(today);
    if (plain.has(short)) {
      throw new UniArmError("adapter-unsupported", `${where} holds more than one adapter: it contains ${short} twice.`);
    }
    plain.set(short, entry);
  }
  return plain;
}

/** Tensors by the paths of their modules. @throws UniArmError adapter-unsupported for a name that says nothing */
export function byModule(tensors: ReadonlyMap<string, SafetensorsEntry>, where: string): Map<string, ModuleTensors> {
  const modules = new Map<string, ModuleTensors>();
  for (const [name, entry] of tensors) {
    if (/\.attn\.(masked_)?bias$/.test(name)) continue; // GPT-2's mask, which older versions store
    const suffix = Object.keys(PARTS).find((one) => name.endsWith(`.${one}`)) as keyof typeof PARTS | undefined;
    if (!name.startsWith(PREFIX) || suffix === undefined) {
      throw new UniArmError(
        "adapter-unsupported",
        `${where} has tensor ${name.slice(0, 200)}, which is no part of a LoRA: expected ${PREFIX}<module>.lora_A.weight and its like.`,
      );
    }
    const path = name.slice(PREFIX.length, -suffix.length - 1);
    const own = modules.get(path) ?? {};
    own[PARTS[suffix]] = { ...entry, name };
    modules.set(path, own);
  }
  return modules;
}
