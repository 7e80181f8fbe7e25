import * as tf from "./tf.ts";

/** What the engine of TensorFlow.js takes for an operation with a gradient of its own. */
interface CustomKernel {
  inputs: Record<string, tf.Tensor>;
  forwardFunc: (backend: unknown, save: tf.GradSaver) => tf.Tensor[];
  backwardsFunc: (dy: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => Record<string, () => tf.Tensor>;
}

/** Frees what the node that was read last has used up. */
let release = (): void => undefined;

/**
 * One node of the gradient tape, with several outputs. Its gradients are asked for one input at a time, and only for
 * inputs that a variable leads to. What the node saved and the gradients it was given are freed as soon as the tape has
 * been read past it, so that memory shrinks on the way back: nothing else may hold those gradients unless they are kept.
 *
 * @param forward gives the outputs and, by `save`, what the gradient needs
 * @param gradients from the outputs' gradients and the saved tensors: an entry per input
 */
export function tapeNode(
  inputs: Record<string, tf.Tensor>,
  forward: (save: tf.GradSaver) => tf.Tensor[],
  gradients: (dys: tf.Tensor[], saved: tf.Tensor[]) => Record<string, () => tf.Tensor>,
): tf.Tensor[] {
  const engine = tf.engine() as unknown as { runKernelFunc(custom: CustomKernel): tf.Tensor[] };
  return engine.runKernelFunc({
    inputs,
    forwardFunc: (_backend, save) => forward(save),
    backwardsFunc: (dy, saved) => {
      release();
      const dys = Array.isArray(dy) ? dy : [dy];
      release = () => {
        tf.dispose([saved, dys.filter((gradient) => !gradient.kept)]);
        release = () => undefined;
      };
      return gradients(dys, saved);
    },
  });
}

/** A function of tensors that is computed again on the way back: only its inputs are kept. */
export function recomputed(
  inputs: readonly tf.Tensor[],
  compute: (inputs: readonly tf.Tensor[]) => tf.Tensor,
): tf.Tensor {
  const [output] = tapeNode(
    Object.fromEntries(inputs.map((input, index) => [`input${index}`, input])),
    (save) => {
      save([...inputs]);
      return [compute(inputs)];
    },
    ([dy], saved) => {
      const gradients = gradientsWithin(() => compute(saved), saved, dy!);
      return Object.fromEntries(
        saved.map((input, index) => [`input${index}`, () => gradients[index] ?? tf.zerosLike(input)] as const),
      );
    },
  );
  return output!;
}

interface TapeEngine {
  state: { activeTape: unknown };
  gradients(
    compute: () => tf.Tensor,
    inputs: readonly tf.Tensor[],
    dy: tf.Tensor,
    allowNone: boolean,
  ): { value: tf.Tensor; grads: (tf.Tensor | null)[] };
}

/** Gradients while another tape is being read: that tape, and what it still has to free, are set aside meanwhile. */
function gradientsWithin(compute: () => tf.Tensor, inputs: readonly tf.Tensor[], dy: tf.Tensor): (tf.Tensor | null)[] {
  const engine = tf.engine() as unknown as TapeEngine;
  const [outerTape, outerRelease] = [engine.state.activeTape, release];
  release = () => undefined;
  try {
    const { value, grads } = engine.gradients(compute, inputs, dy, true);
    value.dispose();
    return grads;
  } finally {
    release();
    engine.state.activeTape = outerTape;
    release = outerRelease;
  }
}
