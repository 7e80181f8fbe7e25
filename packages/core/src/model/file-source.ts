import type { StoredTensor } from "../files/stored-tensor.ts";
import { storedBfloat16, storedBytes, storedValues } from "../files/stored-values.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import {
  executeOne,
  isTensorFlow,
  nativeOps,
  readTensor,
  storedAs,
  tensorOfBytes,
  type FloatType,
  type StoredType,
} from "../tensor/native.ts";
import { isBlockFormat, type BlockFormat } from "../tensor/quantized.ts";
import * as tf from "../tensor/tf.ts";
import { hasBias } from "./bias-plan.ts";
import { publishedNames } from "./published-names.ts";
import type { WeightSource } from "./weight-source.ts";

const STORED: Readonly<Record<string, StoredType | undefined>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/**
 * Weights in files, read one matrix at a time and converted by the engine: memory never holds more than the
 * model and one matrix, nor a float32 copy of a model that is stored and held in half precision.
 */
export function fileSource(config: ModelConfig, tensors: ReadonlyMap<string, StoredTensor>): WeightSource {
  const publishedOf = publishedNames(config, (name) => tensors.has(name));
  return {
    publishedName: (name) => publishedOf(name).name,
    shapeOf: (name) => {
      const [, module] = /^model\.(layers\..+_proj)\.bias$/.exec(name) ?? [];
      if (module !== undefined && !hasBias(config, module)) return null;
      const { name: stored, columns, rows } = publishedOf(name);
      const shape = tensors.get(stored)?.shape;
      if (!shape) return null;
      if (rows) return shape[0] === rows.whole ? [rows.size, ...shape.slice(1)] : shape;
      if (!columns) return shape;
      const out = shape.at(-1)!;
      const isThere = columns.start + columns.size <= out && out % columns.size === 0;
      return [isThere ? columns.size : out, ...shape.slice(0, -1)];
    },
    exactType: (names) =>
      names.every((name) => tensors.get(publishedOf(name).name)?.dtype === "BF16") ? "bfloat16" : "float32",
    blocksOf: (names) => {
      const stored = names.map((name) => wholeTensor(publishedOf(name), tensors));
      const format = blockFormat(stored);
      return (
        format && {
          format,
          bytes: joined(
            stored.map((tensor) => storedBytes(tensor!)),
            Uint8Array,
          ),
        }
      );
    },
    load: (names, type) => {
      const published = names.map(publishedOf);
      if (published.every(({ columns }) => columns === null))
        return rowsOnEngine(
          published.map(({ name, rows }) => (rows ? someRows(tensors.get(name)!, rows) : tensors.get(name)!)),
          type,
        );
      return tf.tidy(() => {
        const turned = published.map(({ name, columns }) => {
          const whole = rowsOnEngine([tensors.get(name)!], "float32");
          return columns ? turnedColumns(whole, columns) : whole;
        });
        return asStored(turned.length === 1 ? turned[0]! : tf.concat(turned, 0), type);
      });
    },
  };
}

/**
 * One tensor of a model's files on the engine, in float32; the caller owns it.
 * @param shape null: any size
 * @throws UniArmError model-tensor-missing, model-tensor-shape
 */
export function loadTensor(
  tensors: ReadonlyMap<string, StoredTensor>,
  name: string,
  shape: readonly (number | null)[],
  folder: string,
): tf.Tensor {
  const stored = tensors.get(name);
  if (!stored) {
    const names = [...tensors.keys()].slice(0, 3).join(", ");
    throw new UniArmError(
      "model-tensor-missing",
      `Model folder ${folder} has no tensor ${name}; it has ${names} and others. Use weights and config.json of one model.`,
    );
  }
  const fits =
    stored.shape.length === shape.length && shape.every((size, axis) => size === null || size === stored.shape[axis]);
  if (!fits) {
    throw new UniArmError(
      "model-tensor-shape",
      `Model folder ${folder} has tensor ${name} of shape [${stored.shape.join(", ")}]; expected [${shape.map((size) => size ?? "any").join(", ")}]. Use weights and config.json of one model.`,
    );
  }
  return tf.keep(rowsOnEngine([stored], "float32"));
}

/** A tensor that a file has as it is wanted: all of it, row after row. */
function wholeTensor(
  { name, rows, columns }: ReturnType<ReturnType<typeof publishedNames>>,
  tensors: ReadonlyMap<string, StoredTensor>,
): StoredTensor | null {
  const tensor = tensors.get(name);
  if (!tensor || columns || tensor.layout?.kind === "turned") return null;
  return rows ? someRows(tensor, rows) : tensor;
}

/** The one format of all of them, if products read it as it is. */
function blockFormat(stored: readonly (StoredTensor | null)[]): BlockFormat | null {
  const dtypes = new Set(stored.map((tensor) => tensor?.dtype));
  const [dtype] = dtypes;
  return dtypes.size === 1 && dtype !== undefined && isBlockFormat(dtype) ? dtype : null;
}

/** Rows of a tensor, which lie side by side in its file. */
function someRows(tensor: StoredTensor, { start, size }: { start: number; size: number }): StoredTensor {
  const width = (tensor.end - tensor.begin) / tensor.shape[0]!;
  const begin = tensor.begin + start * width;
  return { ...tensor, shape: [size, ...tensor.shape.slice(1)], begin, end: begin + size * width };
}

/** Columns of [in, out] -> [size, in]; of a bias [out] -> [size]. */
function turnedColumns(whole: tf.Tensor, { start, size }: { start: number; size: number }): tf.Tensor {
  if (whole.rank === 1) return tf.slice(whole, start, size);
  return tf.transpose(tf.slice(whole, [0, start], [-1, size]));
}

/** Tensors one below the other along their first axis; of several files they are joined on the engine. */
function rowsOnEngine(stored: readonly StoredTensor[], type: FloatType): tf.Tensor {
  const runs: StoredTensor[][] = [];
  for (const tensor of stored) {
    if (runs.at(-1)?.[0]?.path === tensor.path) runs.at(-1)!.push(tensor);
    else runs.push([tensor]);
  }
  if (runs.length === 1) return ofOneFile(runs[0]!, type);
  return tf.tidy(() => {
    const parts = runs.map((run) => ofOneFile(run, type));
    if (type === "float32") return tf.concat(parts, 0);
    const attributes = { T: { type }, Tidx: { type: "int32" }, N: { int: parts.length } } as const;
    return executeOne("ConcatV2", attributes, [...parts, tf.scalar(0, "int32")]);
  });
}

function ofOneFile(spans: readonly StoredTensor[], type: FloatType): tf.Tensor {
  const { path, dtype } = spans[0]!;
  const shape = [spans.reduce((rows, span) => rows + span.shape[0]!, 0), ...spans[0]!.shape.slice(1)];
  const isPlain = spans.every((span) => span.dtype === dtype && !span.layout);
  const stored = isPlain ? STORED[dtype] : undefined;
  if (!stored) {
    const narrow = type === "bfloat16" ? spans.map(storedBfloat16) : [];
    const bits = narrow.filter((part) => part !== null);
    if (bits.length === spans.length) return tensorOfBytes(bytesOf(joined(bits, Uint16Array)), shape, "bfloat16");
    const values = joinedValues(spans);
    if (!isTensorFlow()) return tf.tensor(values, shape);
    // given as bytes: values of a tf.tensor stay in JavaScript until it is used, beside what the engine then has
    return tf.tidy(() => asStored(tensorOfBytes(bytesOf(values), shape, "float32"), type));
  }
  if (nativeOps()) return tf.tidy(() => asStored(readTensor(path, spans, shape, stored), type));
  if (isTensorFlow()) {
    const bytes = joined(spans.map(storedBytes), Uint8Array);
    return tf.tidy(() => asStored(tensorOfBytes(bytes, shape, stored), type));
  }
  return tf.tensor(joinedValues(spans), shape);
}

const asStored = (tensor: tf.Tensor, type: FloatType): tf.Tensor => (isTensorFlow() ? storedAs(tensor, type) : tensor);

/** Float32 values of tensors of any supported types. */
const joinedValues = (spans: readonly StoredTensor[]): Float32Array => joined(spans.map(storedValues), Float32Array);

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint16Array | Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function joined<T extends Float32Array | Uint16Array | Uint8Array>(
  parts: readonly T[],
  Kind: new (length: number) => T,
): T {
  if (parts.length === 1) return parts[0]!;
  const whole = new Kind(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
