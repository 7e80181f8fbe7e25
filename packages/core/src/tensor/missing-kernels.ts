import * as tf from "./tf.ts";

/** Makes up for what a backend lacks. Before it is opened: kernels are set up then. */
export function registerMissingKernels(backendName: "wasm"): void {
  registerSegmentSum(backendName);
  sumNothingToZero(backendName);
}

/**
 * The kernel that the wasm backend lacks and the gradient of `gather` needs. UnsortedSegmentSum along axis 0 is ScatterNd
 * by another name: both add up whatever falls on the same row.
 */
function registerSegmentSum(backendName: string): void {
  if (tf.getKernel("UnsortedSegmentSum", backendName)) return;
  tf.registerKernel({
    kernelName: "UnsortedSegmentSum",
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, segmentIds } = inputs as unknown as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
      const { numSegments } = attrs as unknown as { numSegments: number };
      const indices = { ...pick(segmentIds), shape: [...segmentIds.shape, 1] };
      const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)];
      return tf
        .getKernel("ScatterNd", backendName)
        .kernelFunc({ inputs: { indices, updates: x }, attrs: { shape }, backend });
    },
  });
}

/** The wasm backend's sum over no element is what its memory happens to hold. */
function sumNothingToZero(backendName: string): void {
  const sum = tf.getKernel("Sum", backendName);
  tf.unregisterKernel("Sum", backendName);
  tf.registerKernel({
    ...sum,
    kernelFunc: (call) => {
      const out = sum.kernelFunc(call) as tf.TensorInfo;
      const { x } = call.inputs as unknown as { x: tf.TensorInfo };
      const heap = call.backend as { typedArrayFromHeap: (info: tf.TensorInfo) => Float32Array };
      if (x.shape.includes(0)) heap.typedArrayFromHeap(out).fill(0);
      return out;
    },
  });
}

function pick({ dataId, dtype }: tf.TensorInfo): Pick<tf.TensorInfo, "dataId" | "dtype"> {
  return { dataId, dtype };
}
