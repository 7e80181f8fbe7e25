import * as tf from "./tf.ts";

interface CustomStep {
  inputs: Record<string, tf.Tensor>;
  forwardFunc: (backend: unknown, save: tf.GradSaver) => tf.Tensor[];
  backwardsFunc: (dy: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => Record<string, () => tf.Tensor>;
}

/** Frees what the step that was read last has used up. */
let release = (): void => undefined;

/**
 * One step on the tape with several outputs, whose gradients are asked for one input at a time, and only for inputs that a
 * variable leads to. What the step saved and the gradients it was given are freed once the tape has been read past it, so
 * that memory shrinks on the way back: nobody else may hold those gradients, unless they are kept.
 *
 * @param forward gives the outputs and, by `save`, what the gradient needs
 * @param gradients from the outputs' gradients and the saved tensors: an entry per input
 */
export function step(
  inputs: Record<string, tf.Tensor>,
  forward: (save: tf.GradSaver) => tf.Tensor[],
  gradients: (dys: tf.Tensor[], saved: tf.Tensor[]) => Record<string, () => tf.Tensor>,
): tf.Tensor[] {
  const engine = tf.engine() as unknown as { runKernelFunc(custom: CustomStep): tf.Tensor[] };
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
