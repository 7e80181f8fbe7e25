import { tf, UniArmError, type OptimizerConfig } from "@uniarm/core";
import type { Gradients } from "./gradients.ts";

export type StoredTensors = Record<string, { shape: number[]; data: Float32Array }>;

/** Everything that continues an optimizer: its step count and moments ("first.<name>", "second.<name>"). */
export interface AdamWState {
  step: number;
  tensors: StoredTensors;
}

export interface AdamW {
  /** updates done */
  readonly step: number;
  /** Changes the variables in place; the gradients stay the caller's. */
  apply(gradients: Gradients, learningRate: number): void;
  state(): Promise<AdamWState>;
  dispose(): void;
}

export type AdamWOptions = Pick<OptimizerConfig, "weightDecay" | "adamBeta1" | "adamBeta2" | "adamEpsilon">;

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019) on every variable, t = 1, 2, ...:
 * theta <- theta (1 - lr wd); m, v <- moments of the gradient; theta <- theta - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps).
 * @param state of an earlier optimizer over variables of the same names
 * @throws UniArmError optimizer-state-mismatch
 */
export function createAdamW(variables: Record<string, tf.Variable>, options: AdamWOptions, state?: AdamWState): AdamW {
  const { weightDecay, adamBeta1: beta1, adamBeta2: beta2, adamEpsilon: epsilon } = options;
  const moments = Object.entries(variables).map(([name, variable]) => ({
    name,
    variable,
    first: momentOf(`first.${name}`, variable, state),
    second: momentOf(`second.${name}`, variable, state),
  }));
  let step = state?.step ?? 0;

  return {
    get step() {
      return step;
    },
    apply: (gradients, learningRate) => {
      step += 1;
      const rate = learningRate / (1 - beta1 ** step);
      const correction = 1 / Math.sqrt(1 - beta2 ** step);
      for (const moment of moments) {
        const gradient = gradients[moment.name]!;
        const [value, first, second] = tf.tidy<[tf.Tensor, tf.Tensor, tf.Tensor]>(() => {
          const m = tf.add(tf.mul(moment.first, beta1), tf.mul(gradient, 1 - beta1));
          const v = tf.add(tf.mul(moment.second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
          const change = tf.div(tf.mul(m, rate), tf.add(tf.mul(tf.sqrt(v), correction), epsilon));
          return [tf.sub(tf.mul(moment.variable, 1 - learningRate * weightDecay), change), m, v];
        });
        moment.variable.assign(value);
        tf.dispose([value, moment.first, moment.second]);
        moment.first = tf.keep(first);
        moment.second = tf.keep(second);
      }
    },
    state: async () => {
      const tensors: StoredTensors = {};
      for (const { name, first, second } of moments) {
        tensors[`first.${name}`] = await stored(first);
        tensors[`second.${name}`] = await stored(second);
      }
      return { step, tensors };
    },
    dispose: () => {
      for (const { first, second } of moments) tf.dispose([first, second]);
    },
  };
}

function momentOf(name: string, variable: tf.Variable, state: AdamWState | undefined): tf.Tensor {
  if (!state) return tf.keep(tf.zeros(variable.shape));
  const moment = state.tensors[name];
  if (moment?.shape.join() !== variable.shape.join()) {
    const got = moment ? `has shape [${moment.shape.join(", ")}]` : "is missing";
    throw new UniArmError(
      "optimizer-state-mismatch",
      `Optimizer tensor ${name} ${got}; expected [${variable.shape.join(", ")}]. The checkpoint is damaged: resume from another one.`,
    );
  }
  return tf.keep(tf.tensor(moment.data.slice(), variable.shape));
}

const stored = async (tensor: tf.Tensor): Promise<{ shape: number[]; data: Float32Array }> => ({
  shape: [...tensor.shape],
  data: (await tensor.data<"float32">()).slice(),
});
