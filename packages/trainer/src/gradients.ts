import { scaleToNorm, tf } from "@uniarm/core";

/** Gradients by the name of their tensor; their owner disposes of them. */
export type Gradients = Record<string, tf.Tensor>;

export interface ClippedGradients {
  gradients: Gradients;
  /** scalar, before clipping */
  norm: tf.Scalar;
}

/**
 * Scales all gradients by min(1, maxNorm / (n + 1e-6)), n the L2 norm over all of them. Makes new tensors; the norm stays
 * on the engine, so that nothing waits for it.
 */
export function clipByGlobalNorm(gradients: Gradients, maxNorm: number): ClippedGradients {
  const { scaled, norm } = scaleToNorm(Object.values(gradients), maxNorm);
  return { norm, gradients: Object.fromEntries(Object.keys(gradients).map((name, index) => [name, scaled[index]!])) };
}

/**
 * Value and gradients of a scalar function of `variables`. A variable that the function does not use has gradient 0, so
 * that weight decay still acts on it.
 */
export function valueAndGradients(
  loss: () => tf.Scalar,
  variables: Record<string, tf.Variable>,
): { value: tf.Scalar; gradients: Gradients } {
  const { value, grads } = tf.variableGrads(loss, Object.values(variables));
  const gradients = Object.entries(variables).map(
    ([name, variable]) => [name, grads[variable.name] ?? tf.zerosLike(variable)] as const,
  );
  return { value, gradients: Object.fromEntries(gradients) };
}

/** The sum of two micro-batches' gradients. Consumes both, so that at most one set is held beside the next. */
export function addGradients(sum: Gradients, part: Gradients): Gradients {
  const entries = Object.entries(sum).map(([name, tensor]) => {
    const added = tf.add(tensor, part[name]!);
    tf.dispose([tensor, part[name]!]);
    return [name, added] as const;
  });
  return Object.fromEntries(entries);
}

/** Turns the sum over `count` micro-batches, which it consumes, into their mean. */
export function meanOfSum(sum: Gradients, count: number): Gradients {
  if (count === 1) return sum;
  const mean = Object.entries(sum).map(([name, tensor]) => [name, tf.div(tensor, count)] as const);
  tf.dispose(sum);
  return Object.fromEntries(mean);
}
