import * as tf from "../tensor/tf.ts";

/** x [..., d] / rms(x) * weight [d]. `trainable` says whether the weight wants a gradient too. */
export function rmsNorm(x: tf.Tensor3D, weight: tf.Tensor1D, epsilon: number, trainable: boolean): tf.Tensor3D {
  const forward = (input: tf.Tensor, scale: tf.Tensor): [tf.Tensor, tf.Tensor] => {
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(input), -1, true), epsilon)); // [...,1]
    return [tf.mul(tf.mul(input, inverse), scale), inverse];
  };
  const inputGradient = (dy: tf.Tensor, input: tf.Tensor, inverse: tf.Tensor, scale: tf.Tensor): tf.Tensor => {
    const scaled = tf.mul(dy, scale);
    const along = tf.mul(tf.mean(tf.mul(scaled, input), -1, true), tf.square(inverse));
    return tf.mul(inverse, tf.sub(scaled, tf.mul(input, along)));
  };
  if (!trainable) {
    return tf.customGrad((input, save) => {
      const [value, inverse] = forward(input as tf.Tensor, weight);
      (save as tf.GradSaver)([input as tf.Tensor, inverse]);
      return {
        value,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => inputGradient(dy, saved[0]!, saved[1]!, weight),
      };
    })(x) as tf.Tensor3D;
  }
  return tf.customGrad((input, scale, save) => {
    const [value, inverse] = forward(input as tf.Tensor, scale as tf.Tensor);
    (save as tf.GradSaver)([input as tf.Tensor, inverse, scale as tf.Tensor]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedInput, savedInverse, savedScale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const scaleGradient = tf.sum(tf.mul(dy, tf.mul(savedInput, savedInverse)), [0, 1]);
        return [inputGradient(dy, savedInput, savedInverse, savedScale), scaleGradient];
      },
    };
  })(x, weight) as tf.Tensor3D;
}

/** silu(gate) * up, elementwise. */
export function swiGlu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return tf.customGrad((a, b, save) => {
    const sigmoid = tf.sigmoid(a as tf.Tensor);
    const silu = tf.mul(a as tf.Tensor, sigmoid);
    (save as tf.GradSaver)([a as tf.Tensor, b as tf.Tensor, sigmoid]);
    return {
      value: tf.mul(silu, b as tf.Tensor),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, other, s] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const slope = tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s)))); // d silu / d x
        return [tf.mul(tf.mul(dy, other), slope), tf.mul(dy, tf.mul(x, s))];
      },
    };
  })(gate, up);
}

/**
 * cos and sin of every position of the context, [contextTokens, headSize]: angle = position / theta^(2i / headSize) for the
 * pair (i, i + headSize/2), as Hugging Face pairs them. The first half of sin is negated: there the rotation subtracts.
 */
export function rotaryTable(
  contextTokens: number,
  headSize: number,
  theta: number,
): { cos: tf.Tensor2D; sin: tf.Tensor2D } {
  const half = headSize / 2;
  const cos = new Float32Array(contextTokens * headSize);
  const sin = new Float32Array(contextTokens * headSize);
  for (let position = 0; position < contextTokens; position++) {
    for (let pair = 0; pair < half; pair++) {
      const angle = position * theta ** ((-2 * pair) / headSize);
      const at = position * headSize + pair;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at + half] = Math.sin(angle);
      sin[at] = -Math.sin(angle);
    }
  }
  const table = (values: Float32Array): tf.Tensor2D => tf.keep(tf.tensor2d(values, [contextTokens, headSize]));
  return { cos: table(cos), sin: table(sin) };
}

/** Rotary embedding of x [B, T, heads, headSize] by cos, sin [B or 1, T, 1, headSize]. One node on the tape. */
export function rotate(x: tf.Tensor4D, cos: tf.Tensor4D, sin: tf.Tensor4D): tf.Tensor4D {
  const half = x.shape[3] / 2;
  const swapHalves = (input: tf.Tensor): tf.Tensor =>
    tf.concat(
      [tf.slice(input, [0, 0, 0, half], [-1, -1, -1, half]), tf.slice(input, [0, 0, 0, 0], [-1, -1, -1, half])],
      3,
    );
  return tf.customGrad((input, save) => {
    (save as tf.GradSaver)([cos, sin]);
    return {
      value: tf.add(tf.mul(input as tf.Tensor, cos), tf.mul(swapHalves(input as tf.Tensor), sin)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.add(tf.mul(dy, saved[0]!), swapHalves(tf.mul(dy, saved[1]!))), // the transpose
    };
  })(x) as tf.Tensor4D;
}
