import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "../../src/files/safetensors.ts";
import { drawn } from "../../src/testing/drawn.ts";

/** A line of golden/combinations/models.jsonl. */
export interface ModelCombination {
  config: Record<string, unknown> & { model_type: string };
  /** published name -> shape; layers and experts as * */
  tensors: Record<string, number[]>;
  layers: number;
  experts: number;
  ids: number[][];
  padding: number[];
  logits: number[][];
}

/** A model folder with the weights that tooling/reference/combinations/models.py draws. */
export async function writeModelCombination(folder: string, combination: ModelCombination): Promise<void> {
  const { config, tensors, layers, experts } = combination;
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const named = Object.entries(tensors).flatMap(([pattern, shape]) =>
    numbered(pattern, /\.(layers|h)\.\*\./, layers)
      .flatMap((name) => numbered(name, /\.(experts)\.\*\./, experts))
      .map((name) => [name, shape] as const),
  );
  const drawnTensors = named.map(([name, shape]) => {
    const isNorm = shape.length === 1 && !name.endsWith("bias") && !config.model_type.startsWith("gemma");
    const scale = /embed_tokens|wte/.test(name) ? 1 : 0.3;
    return [name, { shape, data: drawn(name, shape, scale, isNorm ? 1 : 0) }] as const;
  });
  await writeSafetensors(join(folder, "model.safetensors"), Object.fromEntries(drawnTensors), { format: "pt" });
}

function numbered(name: string, star: RegExp, count: number): string[] {
  if (!star.test(name)) return [name];
  return Array.from({ length: count }, (_, index) => name.replace(star, `.$1.${index}.`));
}
