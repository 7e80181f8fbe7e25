import { readFileSync } from "node:fs";
import { join } from "node:path";
import { float32Of, parseSafetensors } from "../../src/files/safetensors.ts";

/** A value as GGUF writes it: its type's number, the bytes. Lists have the type of their elements. */
type Written = { type: number; bytes: Buffer };
export type GgufInput = Record<string, Written>;

const bufferOf = (size: number, write: (buffer: Buffer) => void): Buffer => {
  const buffer = Buffer.alloc(size);
  write(buffer);
  return buffer;
};
const u32 = (value: number): Buffer => bufferOf(4, (buffer) => buffer.writeUInt32LE(value));
const u64 = (value: number): Buffer => bufferOf(8, (buffer) => buffer.writeBigUInt64LE(BigInt(value)));
const textBytes = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const list = (type: number, items: readonly Buffer[]): Written => ({
  type: 9,
  bytes: Buffer.concat([u32(type), u64(items.length), ...items]),
});

export const uint32 = (value: number): Written => ({ type: 4, bytes: u32(value) });
export const float32 = (value: number): Written => ({
  type: 6,
  bytes: bufferOf(4, (buffer) => buffer.writeFloatLE(value)),
});
export const flag = (value: boolean): Written => ({ type: 7, bytes: Buffer.from([value ? 1 : 0]) });
export const text = (value: string): Written => ({ type: 8, bytes: textBytes(value) });
export const texts = (values: readonly string[]): Written => list(8, values.map(textBytes));
export const int32s = (values: readonly number[]): Written =>
  list(
    5,
    values.map((value) => bufferOf(4, (buffer) => buffer.writeInt32LE(value))),
  );
export const float32s = (values: readonly number[]): Written =>
  list(
    6,
    values.map((value) => float32(value).bytes),
  );

export interface GgufTensorInput {
  name: string;
  /** rows first, as everywhere but in the file */
  shape: readonly number[];
  type: number;
  bytes: Uint8Array;
}

const ALIGNMENT = 32;

/** The bytes of a GGUF file. */
export function ggufFile(values: GgufInput, tensors: readonly GgufTensorInput[] = [], version = 3): Buffer {
  const padded = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & (ALIGNMENT - 1))]);
  let offset = 0;
  const infos = tensors.map(({ name, shape, type, bytes }) => {
    const axes = shape.toReversed().map(u64);
    const info = Buffer.concat([textBytes(name), u32(shape.length), ...axes, u32(type), u64(offset)]);
    offset += padded(bytes).length;
    return info;
  });
  const keys = Object.entries(values).map(([key, { type, bytes }]) =>
    Buffer.concat([textBytes(key), u32(type), bytes]),
  );
  const start = [Buffer.from("GGUF"), u32(version), u64(tensors.length), u64(keys.length)];
  const header = padded(Buffer.concat([...start, ...keys, ...infos]));
  return Buffer.concat([header, ...tensors.map(({ bytes }) => padded(bytes))]);
}

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^model\.layers\.(\d+)\.|^transformer\.h\.(\d+)\./, "blk.$1$2."],
  [/^model\.embed_tokens|^transformer\.wte/, "token_embd"],
  [/^transformer\.wpe/, "position_embd"],
  [/^model\.norm|^transformer\.ln_f/, "output_norm"],
  [/^lm_head/, "output"],
  [/input_layernorm|ln_1/, "attn_norm"],
  [/post_attention_layernorm|ln_2/, "ffn_norm"],
  [/self_attn\.([qkv])_proj/, "attn_$1"],
  [/self_attn\.([qk])_norm/, "attn_$1_norm"],
  [/self_attn\.o_proj|attn\.c_proj/, "attn_output"],
  [/attn\.c_attn/, "attn_qkv"],
  [/mlp\.(gate|up|down)_proj/, "ffn_$1"],
  [/mlp\.c_fc/, "ffn_up"],
  [/mlp\.c_proj/, "ffn_down"],
];

/** Every tensor of a golden model as llama.cpp's converter writes it, in float32. */
export function tensorsAsGguf(folder: string, heads: { q: number; k: number } | null): GgufTensorInput[] {
  const { tensors } = parseSafetensors(readFileSync(join(folder, "model.safetensors")), folder);
  return [...tensors.values()].map((entry) => {
    const name = NAMES.reduce((given, [theirs, ours]) => given.replace(theirs, ours), entry.name);
    const [, module] = /attn_([qk])\./.exec(name) ?? [];
    const values = Float32Array.from(float32Of(entry));
    const isTurned = /attn\.c_|mlp\.c_/.test(entry.name) && entry.shape.length === 2;
    const written = isTurned
      ? transposed(values, entry.shape)
      : heads && module
        ? paired(values, entry.shape[0]!, heads[module as "q" | "k"])
        : values;
    const shape = isTurned ? entry.shape.toReversed() : entry.shape;
    return { name, shape, type: 0, bytes: new Uint8Array(written.buffer) };
  });
}

/** Rows of each head's halves in turns, as llama.cpp's rotary positions want q and k. */
function paired(values: Float32Array, rows: number, heads: number): Float32Array {
  const width = values.length / rows;
  const half = rows / heads / 2;
  const out = new Float32Array(values.length);
  for (let head = 0; head < heads; head++)
    for (let part = 0; part < 2; part++)
      for (let place = 0; place < half; place++) {
        const from = ((head * 2 + part) * half + place) * width;
        out.set(values.subarray(from, from + width), ((head * half + place) * 2 + part) * width);
      }
  return out;
}

function transposed(values: Float32Array, [rows, columns]: readonly number[]): Float32Array {
  return Float32Array.from(values, (_, at) => values[(at % rows!) * columns! + Math.floor(at / rows!)]!);
}
