import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawn, writeSafetensors } from "@uniarm/core/testing";

/** A config.json with the shapes of its tensors: the values are drawn by name (tooling/reference/combinations/encoders.py). */
export interface DrawnEncoder {
  config: Record<string, unknown> & { architectures: string[] };
  /** name with # for a layer's number, shape, first and last layer (-1: it is none of a layer) */
  tensors: [name: string, shape: number[], first: number, last: number][];
}

/** Lines of a file of combinations. */
export function combinationsOf<T>(name: string): T[] {
  const text = readFileSync(join(import.meta.dirname, "..", "golden", "combinations", name), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}

/** Writes its folder, with tokenizer.json where it has one. */
export async function writeDrawnEncoder(
  folder: string,
  { config, tensors }: Partial<DrawnEncoder> & Pick<DrawnEncoder, "config">,
  tokenizer?: object,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  if (tokenizer) await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  const all = (tensors ?? []).flatMap(([pattern, shape, first, last]) =>
    Array.from(
      { length: last - first + 1 },
      (_, index) => [pattern.replace("#", String(first + index)), shape] as const,
    ),
  );
  const entries = all.map(([name, shape]) => {
    const [scale, centre] = scaleOf(name, shape.length);
    return [name, { shape: [...shape], data: drawn(name, shape, scale, centre) }] as [
      string,
      { shape: number[]; data: Float32Array },
    ];
  });
  await writeSafetensors(join(folder, "model.safetensors"), Object.fromEntries(entries));
}

/** As encoders.py scales them. */
function scaleOf(name: string, rank: number): [scale: number, centre: number] {
  if (rank === 1) return /(norm|ln_[12f])\.weight$/i.test(name) ? [0.3, 1] : [0.2, 0];
  return [name.includes("embeddings") ? 0.8 : 0.35, 0];
}
