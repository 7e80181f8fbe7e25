import { closeSync, openSync, readSync } from "node:fs";
import { float32Of } from "../files/safetensors.ts";
import type { StoredTensor } from "../files/stored-tensor.ts";
import type { ModelConfig } from "../schema/model.ts";
import { publishedNames } from "./published-names.ts";
import { TENSOR } from "./tensor-names.ts";

/**
 * The configuration as the files have it: where config.json says that the head is the embedding and the files hold both
 * with different values, the head is one of its own, as transformers takes it.
 */
export function withHeadOfFiles(
  config: ModelConfig,
  tensors: ReadonlyMap<string, StoredTensor>,
): { config: ModelConfig; notices: string[] } {
  const published = publishedNames(config, (name) => tensors.has(name));
  const [embedding, head] = [published(TENSOR.embedding).name, published(TENSOR.head).name];
  const [shared, own] = [tensors.get(embedding), tensors.get(head)];
  if (!config.tiedEmbeddings || !shared || !own || embedding === head || areEqual(shared, own))
    return { config, notices: [] };
  const notice =
    `config.json says that the head is the embedding (tie_word_embeddings), but the files hold a ${head} that differs ` +
    `from ${embedding}: the files' head is used, as transformers does. Write tie_word_embeddings false into config.json to say so.`;
  return { config: { ...config, tiedEmbeddings: false }, notices: [notice] };
}

/** elements compared at a time */
const STEP = 1024 * 1024;

function areEqual(one: StoredTensor, other: StoredTensor): boolean {
  if (one.shape.join() !== other.shape.join()) return false;
  const count = one.shape.reduce((product, axis) => product * axis, 1);
  const files = [openSync(one.path, "r"), openSync(other.path, "r")] as const;
  try {
    for (let start = 0; start < count; start += STEP) {
      const size = Math.min(STEP, count - start);
      const bytes = [read(files[0], one, count, start, size), read(files[1], other, count, start, size)] as const;
      if (one.dtype === other.dtype && Buffer.compare(...bytes) === 0) continue;
      const values = [
        float32Of({ dtype: one.dtype, bytes: bytes[0] }),
        float32Of({ dtype: other.dtype, bytes: bytes[1] }),
      ];
      if (values[0]!.some((value, index) => value !== values[1]![index])) return false;
    }
    return true;
  } finally {
    files.forEach((file) => {
      closeSync(file);
    });
  }
}

/** Elements start ... start + size - 1 of a tensor of `count`. */
function read(file: number, { begin, end }: StoredTensor, count: number, start: number, size: number): Uint8Array {
  const width = (end - begin) / count;
  const bytes = new Uint8Array(size * width);
  readSync(file, bytes, 0, bytes.length, begin + start * width);
  return bytes;
}
