import type { ModuleDelta, ModuleName, RowAdapter } from "../layers/adapter-rows.ts";
import type { LoraConfig } from "../schema/adapter.ts";
import { UniArmError } from "../schema/error.ts";
import { checkShape } from "../tensor/shape.ts";
import * as tf from "../tensor/tf.ts";
import type { Adapter } from "./adapter.ts";
import { loraParts } from "./lora.ts";

/** deltas: of what the adapters add to the weights, sum_i w_i B_i A_i; factors: (sum_i w_i B_i) (sum_i w_i A_i) */
export type LoraMean = "deltas" | "factors";

/** n LoRAs of one form side by side: each row of a batch sees a mean of them by weights of its own, in one pass. */
export interface LoraStack {
  readonly mean: LoraMean;
  readonly count: number;
  readonly config: LoraConfig;
  /** down [n r, in], up [out, n r] */
  readonly modules: ReadonlyMap<ModuleName, Pick<ModuleDelta, "down" | "up">>;
  dispose(): void;
}

/**
 * Copies the adapters, which stay the caller's.
 * @throws UniArmError adapters-differ when they are not LoRAs of one rank, scale and choice of modules
 */
export function stackLoras(adapters: readonly Adapter[], mean: LoraMean): LoraStack {
  const config = sharedConfig(adapters);
  const modules = new Map(
    adapters[0]!.modules.map(({ name }) => {
      const parts = adapters.map((adapter) => loraParts(adapter, name));
      const [downs, ups] = [parts.map(({ down }) => down), parts.map(({ up }) => up)];
      const [down, up] = [tf.keep(tf.concat(downs, 0)), tf.keep(tf.concat(ups, 1))];
      return [name, { down, up }] as const;
    }),
  );
  const dispose = (): void => {
    for (const { down, up } of modules.values()) tf.dispose([down, up]);
  };
  return { mean, count: adapters.length, config, modules, dispose };
}

/**
 * The stack as rows with these weights [B,n] see it; a row of zeros sees the frozen model. As for `bindAdapter`, the result's
 * `modulation` belongs to the scope of the call unless it is kept.
 * @throws UniArmError shape-mismatch
 */
export function bindLoraStack(stack: LoraStack, weights: tf.Tensor2D): RowAdapter {
  const { count, mean, config, modules } = stack;
  checkShape(weights, [null, count], "The weights [rows, adapters]");
  const inner = (mean === "deltas" ? meanOfDeltas : meanOfFactors)(config, weights);
  const deltas = new Map(
    [...modules].map(([name, parts]): [ModuleName, ModuleDelta] => [
      name,
      { ...parts, ...inner, modulateOutput: null },
    ]),
  );
  return { rows: weights.shape[0], modulation: inner.modulation, deltaOf: (module) => deltas.get(module) ?? null };
}

type Mean = Pick<ModuleDelta, "modulation" | "modulateInner" | "innerForm">;

/** s sum_i w_i B_i A_i: a diagonal in the middle, each weight r times. */
function meanOfDeltas({ rank, alpha }: LoraConfig, weights: tf.Tensor2D): Mean {
  const [rows, count] = weights.shape;
  const each = tf.mul(tf.expandDims(weights, 2), tf.ones([1, 1, rank])); // [B,n,r]
  const diagonal = tf.mul(tf.reshape(each, [rows, 1, count * rank]), alpha / rank); // [B,1,n r]
  return { modulation: [diagonal], modulateInner: (inner, [by]) => tf.mul(inner, by!), innerForm: "scale" };
}

/** s (sum_i w_i B_i) (sum_j w_j A_j): what the A_j make of x is mixed, and each B_i is given its share of that. */
function meanOfFactors({ rank, alpha }: LoraConfig, weights: tf.Tensor2D): Mean {
  const [rows, count] = weights.shape;
  const byAdapter = tf.reshape(weights, [rows, 1, count, 1]);
  return {
    modulation: [byAdapter],
    modulateInner: (inner, [by]) => {
      const apart = tf.reshape(inner, [rows, -1, count, rank]); // [B,T,n,r]
      const mixed = tf.sum(tf.mul(apart, by!), 2, true); // [B,T,1,r]
      return tf.reshape(tf.mul(tf.mul(mixed, by!), alpha / rank), inner.shape);
    },
  };
}

function sharedConfig(adapters: readonly Adapter[]): LoraConfig {
  const [first] = adapters;
  const unlike = adapters.find(({ config }) => JSON.stringify(config) !== JSON.stringify(first!.config));
  if (first?.config.kind === "lora" && !unlike) return first.config;
  const found = unlike
    ? "they differ in rank, alpha or targets"
    : first
      ? `they are ${first.config.kind}`
      : "there are none";
  throw new UniArmError(
    "adapters-differ",
    `Only LoRAs of one rank, alpha and choice of modules have a mean, and of these adapters ${found}. Train them with one adapter config of kind lora.`,
  );
}
