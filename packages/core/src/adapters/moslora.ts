import type { ModuleDelta, ModuleName } from "../layers/adapter-rows.ts";
import type { MosLoraConfig } from "../schema/adapter.ts";
import { linear } from "../tensor/matrix.ts";
import { tapeNode } from "../tensor/tape-node.ts";
import * as tf from "../tensor/tf.ts";
import { partOf, type Adapter, type Factors } from "./adapter.ts";
import { tensorName, type AdaptedModule } from "./modules.ts";
import { kaimingStart, normalStart, zeroStart, type TensorSpec } from "./tensor-spec.ts";

const [A, B, UG, UD] = ["moslora_A", "moslora_B", "moslora_Ug", "moslora_Ud"];
/** The bottleneck of the shared generator, one for all modules: [r,d]. */
const BOTTLENECK = "base_model.model.model.moslora_G";

/**
 * A [r,in] Kaiming-uniform and B [out,r] zero. The maps from p to the modulation: Ug normal, Ud zero, each [m,d], or [m,r]
 * behind the bottleneck; m is r, or out when the output is modulated. B = 0, or for modulated outputs Ud = 0 beside it,
 * makes the start the base model exactly.
 */
export function mosLoraTensors(
  config: MosLoraConfig,
  { name, outSize, inSize }: AdaptedModule,
  width: number,
): TensorSpec[] {
  const { rank, modulation, modulationInit } = config;
  const m = config.modulationSpace === "rank" ? rank : outSize;
  const shared = config.modulationGenerator === "shared";
  const from = shared ? rank : width;
  // gamma(o) = 1 + N(0, init^2) for a unit vector o; the bottleneck's r entries are N(0, 1) each
  const deviation = shared ? modulationInit / Math.sqrt(rank) : modulationInit;
  return [
    { name: tensorName(name, A), shape: [rank, inSize], start: kaimingStart(inSize) },
    { name: tensorName(name, B), shape: [outSize, rank], start: zeroStart },
    ...(modulation === "shift"
      ? []
      : [{ name: tensorName(name, UG), shape: [m, from] as const, start: normalStart(deviation) }]),
    ...(modulation === "scale" ? [] : [{ name: tensorName(name, UD), shape: [m, from] as const, start: zeroStart }]),
  ];
}

/** Tensors that belong to no module. */
export function mosLoraSharedTensors(config: MosLoraConfig, width: number): TensorSpec[] {
  if (config.modulationGenerator !== "shared") return [];
  return [{ name: BOTTLENECK, shape: [config.rank, width], start: normalStart(1) }];
}

/**
 * What each module adds: s B (gamma * (A x) + delta), gamma = 1 + Ug p, delta = Ud p, p = sum_i a_i o_i; with modulated
 * outputs s (gamma * (B A x) + delta). A row's preference costs it O(r), not O(d).
 */
export function bindMosLora(config: MosLoraConfig, adapter: Adapter, preference: tf.Tensor2D): ModuleDelta[] {
  const s = config.alpha / config.rank;
  const p = modulationInput(config, adapter, preference); // [B,d], or [B,r] behind the bottleneck
  const plain = tf.scalar(s);
  const scales =
    config.modulation === "shift" ? null : heads(config, adapter, p, UG, (all) => tf.mul(tf.add(all, 1), s));
  const shifts = config.modulation === "scale" ? null : heads(config, adapter, p, UD, (all) => tf.mul(all, s));
  return adapter.modules.map(({ name }, index) => {
    const scale = scales?.[index] ?? plain;
    const shift = shifts?.[index];
    const [down, up] = [partOf(adapter, name, A), partOf(adapter, name, B)];
    const modulation = shift ? [scale, shift] : [scale];
    // x down^T is the same for every preference
    return config.modulationSpace === "rank"
      ? { down, up, modulation, modulateInner: modulate, innerForm: "scale", modulateOutput: null }
      : { down, up, modulation, modulateInner: (inner) => inner, modulateOutput: modulate };
  });
}

/** scale h + shift, h [b,T,m], scale and shift [b,1,m] or a number: one node on the tape, for each module has one. */
function modulate(h: tf.Tensor3D, [scale, shift]: readonly tf.Tensor[]): tf.Tensor3D {
  const [modulated] = tapeNode(
    { h, scale: scale!, ...(shift && { shift }) },
    (save) => {
      save([h, scale!]);
      const scaled = tf.mul(h, scale!);
      return [shift ? tf.add(scaled, shift) : scaled];
    },
    ([dy], [from, by]) => ({
      h: () => tf.mul(dy!, by!),
      scale: () => tf.sum(tf.mul(dy!, from!), 1, true),
      ...(shift && { shift: () => tf.sum(dy!, 1, true) }),
    }),
  );
  return modulated as tf.Tensor3D;
}

/** diag(gamma) A, s B and s B delta; with modulated outputs A, s diag(gamma) B and s delta. Preference [1,K]. */
export function factorMosLora(
  config: MosLoraConfig,
  adapter: Adapter,
  module: ModuleName,
  preference: tf.Tensor2D,
): Factors {
  const p = modulationInput(config, adapter, preference);
  const head = (part: string): tf.Tensor2D => tf.matMul(partOf(adapter, module, part), p, false, true); // [m,1]
  const gamma = config.modulation === "shift" ? tf.ones<tf.Rank.R2>([1, 1]) : tf.add<tf.Tensor2D>(head(UG), 1);
  const a = partOf(adapter, module, A);
  const up: tf.Tensor2D = tf.mul(partOf(adapter, module, B), config.alpha / config.rank);
  const delta = config.modulation === "scale" ? null : head(UD);
  if (config.modulationSpace === "rank") {
    const bias = delta && tf.reshape<tf.Rank.R1>(tf.matMul(up, delta), [-1]);
    return { down: tf.mul(gamma, a), up, bias, rescale: null };
  }
  const bias = delta && tf.reshape<tf.Rank.R1>(tf.mul(delta, config.alpha / config.rank), [-1]);
  return { down: a, up: tf.mul(gamma, up), bias, rescale: null };
}

/** p(a) = sum_i a_i o_i, [B,d]; with the shared generator the bottleneck of it, [B,r]. */
function modulationInput(config: MosLoraConfig, adapter: Adapter, preference: tf.Tensor2D): tf.Tensor2D {
  const mixed: tf.Tensor2D = tf.matMul(preference, adapter.objectiveVectors!);
  return config.modulationGenerator === "shared"
    ? (linear(mixed, adapter.tensors[BOTTLENECK] as tf.Variable<tf.Rank.R2>) as tf.Tensor2D)
    : mixed;
}

/** The map `part` of every module applied to p in one product, and `then` to all of that -> [B,1,m] each. */
function heads(
  config: MosLoraConfig,
  adapter: Adapter,
  p: tf.Tensor2D,
  part: string,
  then: (all: tf.Tensor3D) => tf.Tensor3D,
): tf.Tensor3D[] {
  const maps = adapter.modules.map(({ name }) => partOf(adapter, name, part));
  const all = then(tf.reshape(linear(p, tf.concat(maps, 0)), [p.shape[0], 1, -1])); // [B, 1, sum of m]
  const sizes = maps.map((map) => map.shape[0]);
  return sizes.length === 1 ? [all] : tf.split(all, sizes, 2); // a split into one part has no gradient in tfjs
}
