import * as tf from "./tf.ts";

/** TensorFlow's numbers of its types. */
export const DTYPE = { float32: 1, int32: 3, uint8: 4, bfloat16: 14, float16: 19 } as const;
export type FloatType = "float32" | "bfloat16";
/** What files hold; float16 is always converted to another type. */
export type StoredType = FloatType | "float16";

interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

interface NativeAttribute {
  name: string;
  type: number;
  value: unknown;
}

/** The part of tfjs-node's native binding that we call; ids are its handles of tensors. */
interface Binding {
  TF_ATTR_TYPE: number;
  TF_ATTR_INT: number;
  TF_ATTR_FLOAT: number;
  TF_ATTR_BOOL: number;
  executeOp(name: string, attributes: NativeAttribute[], inputs: number[], outputs: number): TensorMetadata[];
  createTensor(shape: number[], dtype: number, values: ArrayBufferView): number;
  deleteTensor(id: number): void;
  isUsingGpuDevice(): boolean;
  TF_Version: string;
}

interface TensorFlowBackend {
  binding: Binding;
  tensorMap: {
    get(dataId: object): { shape: number[]; dtype: number; id: number; values: unknown; refCount: number };
    set(dataId: object, info: object): void;
  };
  getInputTensorIds(tensors: tf.Tensor[]): number[];
}

export type Attributes = Record<
  string,
  { type: keyof typeof DTYPE } | { int: number } | { float: number } | { bool: boolean }
>;

const backend = (): TensorFlowBackend => tf.backend() as unknown as TensorFlowBackend;

export const isTensorFlow = (): boolean => tf.getBackend() === "tensorflow";
export const tensorFlowBinding = (): Binding => backend().binding;

/**
 * Runs any TensorFlow operation. A bfloat16 result is a tensor that TensorFlow.js owns, counts (as float32) and frees, but
 * whose values only native operations understand: its own dtype says float32, `nativeType` the truth.
 */
export function executeOp(
  name: string,
  attributes: Attributes,
  inputs: readonly tf.Tensor[],
  outputs: number,
): tf.Tensor[] {
  const { binding } = backend();
  const given = Object.entries(attributes).map(([key, value]): NativeAttribute => {
    if ("type" in value) return { name: key, type: binding.TF_ATTR_TYPE, value: DTYPE[value.type] };
    if ("int" in value) return { name: key, type: binding.TF_ATTR_INT, value: value.int };
    if ("float" in value) return { name: key, type: binding.TF_ATTR_FLOAT, value: value.float };
    return { name: key, type: binding.TF_ATTR_BOOL, value: value.bool };
  });
  return binding.executeOp(name, given, backend().getInputTensorIds([...inputs]), outputs).map(owned);
}

export function executeOne(name: string, attributes: Attributes, inputs: readonly tf.Tensor[]): tf.Tensor {
  return executeOp(name, attributes, inputs, 1)[0]!;
}

/** How TensorFlow stores a floating-point tensor. */
export function nativeType(tensor: tf.Tensor): FloatType {
  return isTensorFlow() && storedType(tensor) === "bfloat16" ? "bfloat16" : "float32";
}

function storedType(tensor: tf.Tensor): StoredType {
  const { dtype } = backend().tensorMap.get(tensor.dataId);
  if (dtype === DTYPE.bfloat16) return "bfloat16";
  return dtype === DTYPE.float16 ? "float16" : "float32";
}

/** Bytes as a tensor that only native operations understand. They may be kept by the engine. */
export function rawTensor(bytes: Uint8Array): tf.Tensor {
  const id = backend().binding.createTensor([bytes.length], DTYPE.uint8, bytes);
  return owned({ id, shape: [bytes.length], dtype: DTYPE.uint8 });
}

/** A tensor whose stored bytes are given: bfloat16 bits are never widened. `bytes` may be kept by the engine. */
export function tensorOfBytes(bytes: Uint8Array, shape: readonly number[], type: StoredType): tf.Tensor {
  const { binding } = backend();
  const width = type === "float32" ? 4 : 2;
  const raw = owned({
    id: binding.createTensor([...shape, width], DTYPE.uint8, bytes),
    shape: [...shape, width],
    dtype: DTYPE.uint8,
  });
  const tensor = owned(
    binding.executeOp(
      "Bitcast",
      [
        { name: "T", type: binding.TF_ATTR_TYPE, value: DTYPE.uint8 },
        { name: "type", type: binding.TF_ATTR_TYPE, value: DTYPE[type] },
      ],
      backend().getInputTensorIds([raw]),
      1,
    )[0]!,
  );
  raw.dispose();
  return tensor;
}

/** Bytes [begin, end) of a file, one span after the other, as a tensor; they never pass through JavaScript. */
export function readTensor(
  path: string,
  spans: readonly { begin: number; end: number }[],
  shape: readonly number[],
  type: StoredType,
): tf.Tensor {
  const halves = (value: number): number[] => [value % 2 ** 31, Math.floor(value / 2 ** 31)];
  return tf.tidy(() => {
    const bytes = tf.tensor1d(Int32Array.from(new TextEncoder().encode(path)), "int32");
    const places = tf.tensor1d(
      Int32Array.from(spans.flatMap(({ begin, end }) => [...halves(begin), ...halves(end - begin)])),
      "int32",
    );
    const sizes = tf.tensor1d(Int32Array.from(shape), "int32");
    return executeOne("UniarmReadFile", { T: { type }, dtype: { int: DTYPE[type] } }, [bytes, places, sizes]);
  });
}

function owned({ id, shape, dtype }: TensorMetadata): tf.Tensor {
  const dataId = {};
  backend().tensorMap.set(dataId, { shape, dtype, id, values: null, refCount: 1 });
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype: dtype === DTYPE.int32 ? "int32" : "float32" });
}

/** Stores a tensor as `type`; a new tensor, rounded to nearest where it becomes narrower. Not differentiable. */
export function storedAs(tensor: tf.Tensor, type: FloatType): tf.Tensor {
  const from = storedType(tensor);
  if (from === type) return tf.clone(tensor);
  return executeOne("Cast", { SrcT: { type: from }, DstT: { type }, Truncate: { bool: false } }, [tensor]);
}

/** What the engine's binding was built with: our own operations, and a CPU that multiplies bfloat16 well. */
export interface NativeOps {
  version: number;
  threads: number;
  bfloat16: boolean;
}

/** The operations this source calls; a binding of another version is left alone. */
const VERSION = 8;
let found: NativeOps | null = null;

/** Looks for our own operations in the open engine; they are for CPUs. */
export function findNativeOps(): void {
  found = null;
  if (!isTensorFlow() || tensorFlowBinding().isUsingGpuDevice()) return;
  try {
    const [version, threads, bfloat16] = tf.tidy(() => executeOne("UniarmVersion", {}, []).dataSync());
    if (version === VERSION) found = { version, threads: threads!, bfloat16: bfloat16 === 1 };
  } catch {
    found = null; // the binding of the npm package, or an older one of ours
  }
  registerTypeAwareKernels();
}

/** Null where everything is composed of TensorFlow.js's own operations. */
export const nativeOps = (): NativeOps | null => (isTensorFlow() ? found : null);

/** Runs work as if the engine had no operations of our own, so that tests can compare both ways of each operation. */
export function withoutNativeOps<T>(work: () => T): T {
  const before = found;
  found = null;
  try {
    return work();
  } finally {
    found = before;
  }
}

/** TensorFlow.js's kernels take the type from its own label; those that gradients meet ask TensorFlow instead. */
function registerTypeAwareKernels(): void {
  if (!isTensorFlow()) return;
  const add = tf.getKernel("Add", "tensorflow").kernelFunc;
  tf.unregisterKernel("Add", "tensorflow");
  tf.registerKernel({
    kernelName: "Add",
    backendName: "tensorflow",
    kernelFunc: (call) => {
      const { a, b } = call.inputs as unknown as { a: tf.Tensor; b: tf.Tensor };
      if (nativeType(a) === "float32" || nativeType(b) === "float32") return add(call);
      return executeOne("AddV2", { T: { type: "bfloat16" } }, [a, b]);
    },
  });
}
