/** Runs in a process of its own: a broken engine must not take the installer with it. Prints the TensorFlow version. */
import { createRequire } from "node:module";

interface Tensor {
  dataSync: () => ArrayLike<number>;
}
interface TensorFlow {
  tensor2d: (rows: number[][]) => Tensor;
  matMul: (left: Tensor, right: Tensor) => Tensor;
  sum: (x: Tensor) => Tensor;
  grad: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor;
  backend: () => { binding: { TF_Version: string } };
}

const tf = createRequire(import.meta.url)("@tensorflow/tfjs-node-gpu") as TensorFlow;
const x = tf.tensor2d([
  [1, 2],
  [3, 4],
]);
const product = [...(tf.matMul(x, x).dataSync() as Float32Array)];
const gradient = [
  ...(tf
    .grad((input) => tf.sum(tf.matMul(input, input)))(x)
    .dataSync() as Float32Array),
];
if (product.join() !== "7,10,15,22") throw new Error(`matMul gave ${product.join()}`);
if (gradient.join() !== "7,11,9,13") throw new Error(`the gradient of matMul is ${gradient.join()}`);
process.stdout.write(tf.backend().binding.TF_Version);
