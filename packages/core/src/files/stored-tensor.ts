import type { TensorSpan } from "./safetensors-header.ts";

/** A tensor of one of a model's files: bytes [begin, end) of the file `path`. */
export interface StoredTensor extends TensorSpan {
  path: string;
  /** absent: its numbers lie as its shape says */
  layout?: TensorLayout;
}

/** How GGUF files have some tensors otherwise than Hugging Face's. */
export type TensorLayout =
  /** of every head, row i of the first half and of the second are neighbours */
  | { kind: "paired"; heads: number }
  /** the other way round: [columns, rows] */
  | { kind: "turned" };
