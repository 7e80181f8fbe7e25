import { adamWUpdate, tf } from "@uniarm/core";
import { UniArmError, type OptimizerConfig } from "@uniarm/core/schema";
import type { Gradients } from "./gradients.ts";
import { storedTensors, type StoredTensors } from "./stored-tensors.ts";

/** Everything an optimizer needs to continue: its step count and moments ("first.<name>", "second.<name>"). */
export interface AdamWState {
  step: number;
  tensors: StoredTensors;
}

export interface AdamW {
  /** what it changes, by name */
  readonly variables: Record<string, tf.Variable>;
  /** updates made so far */
  readonly step: number;
  /** Changes the variables in place; the gradients stay the caller's. */
  apply(gradients: Gradients, learningRate: number): void;
  state(): Promise<AdamWState>;
  /** Variables, moments and step count as they are now; copies nothing, later updates make new tensors. */
  hold(): HeldState;
  dispose(): void;
}

/** What an optimizer and its variables were. */
export interface HeldState {
  /** Puts it back. It stays held. */
  restore(): void;
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
    variables,
    get step() {
      return step;
    },
    apply: (gradients, learningRate) => {
      step += 1;
      const updated = adamWUpdate(
        moments.map(({ name, variable, first, second }) => ({
          value: variable,
          gradient: gradients[name]!,
          first,
          second,
        })),
        {
          beta1,
          beta2,
          epsilon,
          kept: 1 - learningRate * weightDecay,
          rate: learningRate / (1 - beta1 ** step),
          correction: 1 / Math.sqrt(1 - beta2 ** step),
        },
      );
      moments.forEach((moment, index) => {
        const { value, first, second } = updated[index]!;
        moment.variable.assign(value);
        tf.dispose([value, moment.first, moment.second]);
        moment.first = tf.keep(first);
        moment.second = tf.keep(second);
      });
    },
    state: async () => {
      const tensors = moments.flatMap(({ name, first, second }): [string, tf.Tensor][] => [
        [`first.${name}`, first],
        [`second.${name}`, second],
      ]);
      return { step, tensors: await storedTensors(Object.fromEntries(tensors)) };
    },
    hold: () => {
      const heldStep = step;
      const held = moments.map(({ variable, first, second }) =>
        [variable, first, second].map((tensor) => shared(tensor)),
      );
      return {
        restore: () => {
          step = heldStep;
          moments.forEach((moment, index) => {
            const [value, first, second] = held[index]!;
            moment.variable.assign(value!);
            tf.dispose([moment.first, moment.second]);
            moment.first = shared(first!);
            moment.second = shared(second!);
          });
        },
        dispose: () => {
          tf.dispose(held.flat());
        },
      };
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

/** A tensor of the same memory, to be freed by itself. */
const shared = (tensor: tf.Tensor): tf.Tensor => tf.keep(tf.clone(tensor));
