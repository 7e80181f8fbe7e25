import { createHash } from "node:crypto";
import type { ModelConfig } from "../schema/model.ts";
import { requireEngine } from "../tensor/engine.ts";
import type { Random } from "../tensor/random.ts";
import { buildTransformer, type BuildOptions } from "./build.ts";
import { FAMILIES } from "./family.ts";
import { requiredTensors } from "./tensor-names.ts";
import type { Transformer } from "./transformer.ts";
import { recordSource, type TensorRecord } from "./weight-source.ts";

/** A random start: normal with deviation 0.02, the two outputs that join the residual stream scaled by 1 / sqrt(2 layers). */
export function createTransformer(config: ModelConfig, random: Random, options: BuildOptions = {}): Transformer {
  const deviation = 0.02;
  const residual = deviation / Math.sqrt(2 * config.layers);
  const tensors: TensorRecord = {};
  for (const { name, shape } of requiredTensors(config)) {
    const stream = random.fork(name);
    const size = shape.reduce((product, axis) => product * axis, 1);
    const scale = /\.(o_proj|down_proj)\.weight$/.test(name) ? residual : deviation;
    const data = new Float32Array(size);
    if (shape.length === 1) data.fill(name.endsWith(".bias") ? 0 : 1 - FAMILIES[config.modelType].normOffset);
    else for (let index = 0; index < size; index++) data[index] = scale * stream.normal();
    tensors[name] = { shape: [...shape], data };
  }
  return transformerFromTensors(config, tensors, options);
}

/**
 * A model on the open engine from weights in memory; the values are copied. Tensors that the model has no place for are
 * ignored, a `.bias` beside any linear weight is used.
 * @throws UniArmError model-tensor-missing, model-tensor-shape, engine-not-open, base-weights-unsupported
 */
export function transformerFromTensors(
  config: ModelConfig,
  tensors: TensorRecord,
  options: BuildOptions = {},
): Transformer {
  requireEngine();
  return buildTransformer(config, recordSource(tensors), {
    ...options,
    sha256: options.sha256 ?? hashTensors(tensors),
  });
}

function hashTensors(tensors: TensorRecord): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(tensors).sort()) {
    const { shape, data } = tensors[name]!;
    hash.update(`${name} ${shape.join()}\n`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}
