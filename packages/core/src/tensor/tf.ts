/** The workspace's one door to TensorFlow.js: two copies of tfjs-core in a process would not see each other's kernels. */
export * from "@tensorflow/tfjs-core";
import { tidy, type Tensor, type TensorContainer } from "@tensorflow/tfjs-core";

/** What tf.customGrad hands its function to keep tensors for the gradient; tfjs does not export the type. */
export type GradSaver = (tensors: Tensor[]) => void;

/** tf.tidy for results that TensorFlow.js's types do not describe; tensors inside class instances must be kept. */
export const scoped = <T>(work: () => T): T => tidy(work as () => TensorContainer) as T;
