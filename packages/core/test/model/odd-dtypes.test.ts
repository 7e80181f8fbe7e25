import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { temporaryFolder, writeTinyModel } from "../../src/testing/index.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await writeTinyModel(folder);
});
afterEach(() => remove());

interface Span {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Changes the header of the model's file and adds bytes at its end. */
async function edit(change: (header: Record<string, Span>, bodyBytes: number) => number): Promise<string> {
  const path = join(folder, "model.safetensors");
  const file = await readFile(path);
  const end = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, end).toString("utf8")) as Record<string, Span>;
  const added = change(header, file.length - end);
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, Buffer.concat([length, json, file.subarray(end), Buffer.alloc(added)]));
  return path;
}

test.each(["F8_E4M3", "F4", "U16", "F64", "F3_TO_COME"])(
  "an unused tensor of %s does not spoil a model",
  async (dtype) => {
    await edit((header, body) => {
      header["quantized.scale"] = { dtype, shape: [16], data_offsets: [body, body + bytesOf(dtype)] };
      return bytesOf(dtype);
    });
    disposeTransformer(await loadTransformer(folder));
  },
);

test.each(["F8_E4M3", "F64", "I16"])("a weight of %s is refused with tensor and file", async (dtype) => {
  const path = await edit((header, body) => {
    header["model.norm.weight"] = { dtype, shape: [16], data_offsets: header["model.norm.weight"]!.data_offsets };
    header.moved = { dtype: "U8", shape: [0], data_offsets: [body, body] };
    const [begin, end] = header["model.norm.weight"].data_offsets;
    const size = bytesOf(dtype);
    if (end - begin === size) return 0;
    // the norm goes to the end, and what it was becomes bytes of nothing
    header.moved = { dtype: "U8", shape: [end - begin], data_offsets: [begin, end] };
    header["model.norm.weight"].data_offsets = [body, body + size];
    return size;
  });
  await expect(loadTransformer(folder)).rejects.toThrow(
    expect.objectContaining({
      code: "safetensors-dtype",
      message: expect.stringContaining(
        `Tensor model.norm.weight of ${path} has dtype ${dtype}; expected F32, F16 or BF16.`,
      ) as string,
    }),
  );
});

const bytesOf = (dtype: string): number =>
  16 * (dtype === "F64" ? 8 : dtype.endsWith("16") ? 2 : dtype === "F4" ? 0.5 : 1);
