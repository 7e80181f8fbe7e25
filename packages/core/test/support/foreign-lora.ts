import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { float32Of, readSafetensors, writeSafetensors, type TensorData } from "../../src/files/safetensors.ts";
import { drawn } from "../../src/testing/index.ts";
import { goldenFolder } from "./golden.ts";

/** A Llama of two layers, 40 wide, 195 tokens, and a LoRA of rank 4 on q, k and v that PEFT wrote for it. */
export const base = join(goldenFolder, "models", "llama");
export const source = join(goldenFolder, "adapters", "lora");
export const LORA = "base_model.model.";

export type Config = Record<string, unknown>;
export type Tensors = Record<string, TensorData>;

export async function tensorsIn(path: string): Promise<Tensors> {
  const { tensors } = await readSafetensors(path);
  return Object.fromEntries(
    [...tensors].map(([name, entry]) => [name, { shape: entry.shape, data: float32Of(entry).slice() }]),
  );
}

/** The golden LoRA in a folder, with another configuration and other tensors. */
export async function changedLora(
  folder: string,
  config: Config,
  edit: (tensors: Tensors) => Tensors = (tensors) => tensors,
): Promise<string> {
  const target = join(folder, "adapter");
  await rm(target, { recursive: true, force: true });
  await cp(source, target, { recursive: true });
  const json = JSON.parse(await readFile(join(target, "adapter_config.json"), "utf8")) as Config;
  await writeFile(join(target, "adapter_config.json"), JSON.stringify(Object.assign(json, config)));
  const tensors = edit(await tensorsIn(join(source, "adapter_model.safetensors")));
  await writeSafetensors(join(target, "adapter_model.safetensors"), tensors);
  return target;
}

export const without = (tensors: Tensors, pattern: RegExp): Tensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !pattern.test(name)));
export const withMore = (tensors: Tensors, more: Record<string, number[]>): Tensors =>
  Object.assign(
    tensors,
    Object.fromEntries(
      Object.entries(more).map(([name, shape]) => [`${LORA}${name}`, { shape, data: drawn(name, shape, 0.5, 0.2) }]),
    ),
  );
