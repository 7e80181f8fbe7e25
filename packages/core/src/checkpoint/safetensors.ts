// Minimal: trusts the header. The validating reader replaces this file.
import { readFile } from "node:fs/promises";
import { UniArmError } from "../schema/error.ts";
import { writeFileAtomically } from "./atomic.ts";

export interface SafetensorsEntry {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}
export interface Safetensors {
  metadata: Record<string, string>;
  tensors: Map<string, SafetensorsEntry>;
}

export async function readSafetensors(path: string): Promise<Safetensors> {
  const file = await readFile(path).catch(() => {
    throw new UniArmError("safetensors-missing", `There is no file ${path}.`);
  });
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, start).toString("utf8")) as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  const { __metadata__, ...entries } = header;
  const tensors = new Map<string, SafetensorsEntry>();
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(entries)) {
    tensors.set(name, { dtype, shape, bytes: file.subarray(start + from, start + to) });
  }
  return { metadata: (__metadata__ ?? {}) as unknown as Record<string, string>, tensors };
}

export function float32Of({ dtype, bytes }: SafetensorsEntry): Float32Array {
  const copy = new Uint8Array(bytes);
  if (dtype === "F32") return new Float32Array(copy.buffer, 0, copy.byteLength / 4);
  const halves = new Uint16Array(copy.buffer, 0, copy.byteLength / 2);
  if (dtype === "BF16") return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
  return Float32Array.from(halves, (half) => {
    const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  });
}

export async function writeSafetensors(
  path: string,
  tensors: Record<string, { shape: number[]; data: Float32Array | Int32Array }>,
  metadata?: Record<string, string>,
): Promise<void> {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let offset = 0;
  const names = Object.keys(tensors).sort();
  for (const name of names) {
    const { shape, data } = tensors[name]!;
    header[name] = { dtype: data instanceof Float32Array ? "F32" : "I32", shape, data_offsets: [offset, (offset += data.byteLength)] };
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  const parts = names.map((name) => {
    const { data } = tensors[name]!;
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  });
  await writeFileAtomically(path, Buffer.concat([size, json, ...parts]));
}
