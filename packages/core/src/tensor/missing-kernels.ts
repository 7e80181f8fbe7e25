import * as tf from "./tf.ts";

/**
 * The kernel that the wasm backend lacks and the gradient of `gather` needs. UnsortedSegmentSum along axis 0 is ScatterNd
 * by another name: both add up whatever falls on the same row.
 */
export function registerMissingKernels(backendName: string): void {
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

function pick({ dataId, dtype }: tf.TensorInfo): Pick<tf.TensorInfo, "dataId" | "dtype"> {
  return { dataId, dtype };
}
