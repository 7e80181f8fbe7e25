/** The workspace's one door to TensorFlow.js: two copies of tfjs-core in a process would not see each other's kernels. */
export * from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** What tf.customGrad hands its function to keep tensors for the gradient; tfjs does not export the type. */
export type GradSaver = (tensors: Tensor[]) => void;
