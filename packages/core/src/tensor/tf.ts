/** The workspace's one door to TensorFlow.js: two copies of tfjs-core in a process would not see each other's kernels. */
export * from "@tensorflow/tfjs-core";
