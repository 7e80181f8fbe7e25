/** Runs in a process of its own: a broken engine must not take the installer with it. Prints what it got as JSON. */
import { createRequire } from "node:module";

interface Tensor {
  dataId: object;
  dataSync: () => ArrayLike<number>;
}
interface Attribute {
  name: string;
  type: number;
  value: unknown;
}
interface Binding {
  TF_Version: string;
  TF_ATTR_TYPE: number;
  TF_ATTR_BOOL: number;
  isUsingGpuDevice: () => boolean;
  executeOp: (name: string, attributes: Attribute[], inputs: number[], outputs: number) => { id: number }[];
  tensorDataSync: (id: number) => ArrayLike<number>;
}
interface TensorFlow {
  tensor2d: (rows: number[][]) => Tensor;
  matMul: (left: Tensor, right: Tensor) => Tensor;
  sum: (x: Tensor) => Tensor;
  grad: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor;
  backend: () => { binding: Binding; getInputTensorIds: (tensors: Tensor[]) => number[] };
}

export interface SelfTest {
  version: string;
  device: "cpu" | "gpu";
  threads: number;
  /** whether bfloat16 numbers are multiplied as they are */
  bfloat16: boolean;
}

const [FLOAT32, BFLOAT16] = [1, 14];
const tf = createRequire(import.meta.url)("@tensorflow/tfjs-node-gpu") as TensorFlow;
const { binding } = tf.backend();
const x = tf.tensor2d([
  [1, 2],
  [3, 4],
]);

function expectValues(what: string, got: ArrayLike<number>, expected: readonly number[]): void {
  if (Array.from(got).join() !== expected.join()) throw new Error(`${what} gave ${Array.from(got).join()}`);
}

expectValues("matMul", tf.matMul(x, x).dataSync(), [7, 10, 15, 22]);
const gradient = tf.grad((input) => tf.sum(tf.matMul(input, input)))(x);
expectValues("the gradient of matMul", gradient.dataSync(), [7, 11, 9, 13]);

const type = (name: string, value: number): Attribute => ({ name, type: binding.TF_ATTR_TYPE, value });
const flag = (name: string): Attribute => ({ name, type: binding.TF_ATTR_BOOL, value: false });
const one = (name: string, attributes: Attribute[], inputs: number[]): number =>
  binding.executeOp(name, attributes, inputs, 1)[0]!.id;
const cast = (id: number, from: number, to: number): number =>
  one("Cast", [type("SrcT", from), type("DstT", to), flag("Truncate")], [id]);
const narrow = cast(tf.backend().getInputTensorIds([x])[0]!, FLOAT32, BFLOAT16);
const product = one("MatMul", [flag("transpose_a"), flag("transpose_b"), type("T", BFLOAT16)], [narrow, narrow]);
expectValues("matMul in bfloat16", binding.tensorDataSync(cast(product, BFLOAT16, FLOAT32)), [7, 10, 15, 22]);

const [, threads, bfloat16] = Array.from(binding.tensorDataSync(one("UniarmVersion", [], [])));
const gpu = binding.isUsingGpuDevice();
const result: SelfTest = {
  version: binding.TF_Version,
  device: gpu ? "gpu" : "cpu",
  threads: threads!,
  bfloat16: gpu || bfloat16 === 1,
};
process.stdout.write(JSON.stringify(result));
