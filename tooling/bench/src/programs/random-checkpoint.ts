import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configJson, requiredTensors } from "@uniarm/core";
import type { ModelConfig } from "@uniarm/core/schema";

const CHUNK_ELEMENTS = 8 * 1024 * 1024;

/**
 * Writes a model folder of random bfloat16 weights (norms are 1, the rest uniform of deviation 0.02) without ever holding
 * more than a few megabytes of it.
 * @returns bytes of all tensors
 */
export async function writeRandomCheckpoint(folder: string, config: ModelConfig): Promise<number> {
  await mkdir(folder, { recursive: true });
  const json = configJson(config, { attention: false, mlp: false }, "bfloat16");
  await writeFile(join(folder, "config.json"), `${JSON.stringify(json, null, 2)}\n`);
  let offset = 0;
  const entries = requiredTensors(config).map(({ name, shape }) => {
    const elements = shape.reduce((product, axis) => product * axis, 1);
    const begin = offset;
    offset += 2 * elements;
    return { name, elements, header: { dtype: "BF16", shape, data_offsets: [begin, offset] } };
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries.map(({ name, header: one }) => [name, one]))));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = await open(join(folder, "model.safetensors"), "w");
  try {
    await file.write(Buffer.concat([length, header]));
    for (const { name, elements } of entries) await writeTensor(file, elements, name.includes("norm"));
  } finally {
    await file.close();
  }
  return offset;
}

const noise = noiseTable(2 ** 16);

async function writeTensor(file: Awaited<ReturnType<typeof open>>, elements: number, ones: boolean): Promise<void> {
  const chunk = new Uint16Array(Math.min(elements, CHUNK_ELEMENTS));
  let state = elements;
  for (let start = 0; start < elements; start += chunk.length) {
    for (let index = 0; index < chunk.length; index++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator
      chunk[index] = ones ? 0x3f80 : noise[state >>> 16]!;
    }
    const count = Math.min(chunk.length, elements - start);
    await file.write(new Uint8Array(chunk.buffer, 0, 2 * count));
  }
}

/** bfloat16 bits of numbers spread evenly over +-0.02 sqrt(3). */
function noiseTable(size: number): Uint16Array {
  const values = Float32Array.from({ length: size }, (_, index) => 0.02 * Math.sqrt(3) * ((2 * index + 1) / size - 1));
  return Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16);
}
