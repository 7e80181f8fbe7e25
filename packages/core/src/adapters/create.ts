import type { AdapterConfig, StoredAdapterConfig } from "../schema/adapter.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import type { Random } from "../tensor/random.ts";
import * as tf from "../tensor/tf.ts";
import type { Adapter } from "./adapter.ts";
import { loraTensors } from "./lora.ts";
import { loraModuleTensors } from "./lora-by-module.ts";
import { adaptedModules, type AdaptedModule } from "./modules.ts";
import { mosLoraSharedTensors, mosLoraTensors } from "./moslora.ts";
import { pbLoraTensors } from "./pblora.ts";
import { scorerTensors } from "./scorer.ts";
import { drawStart, type TensorSpec } from "./tensor-spec.ts";

export interface CreateAdapterOptions {
  objectiveCount: number;
  random: Random;
  /** [K][d], MoSLoRA only; see `objectiveVectors` */
  objectiveVectors?: readonly (readonly number[])[];
}

/**
 * A fresh adapter: drawn at random, and with every preference exactly the base model.
 * @throws UniArmError objective-vectors-missing, objective-vectors-shape
 */
export function createAdapter(config: AdapterConfig, model: ModelConfig, options: CreateAdapterOptions): Adapter {
  const { objectiveCount, random, objectiveVectors: vectors = null } = options;
  if (config.kind === "moslora") checkVectors(vectors, objectiveCount, model.hiddenSize);
  const modules = adaptedModules(model, config.targets);
  const specs = adapterTensors(config, modules, objectiveCount, model.hiddenSize);
  const values = Object.fromEntries(
    specs.map((spec) => [spec.name, { shape: [...spec.shape], data: drawStart(spec, random) }]),
  );
  const own =
    config.kind === "moslora" && vectors
      ? { shape: [objectiveCount, model.hiddenSize], data: Float32Array.from(vectors.flat()) }
      : null;
  return buildAdapter(config, objectiveCount, modules, values, own);
}

/** The trained tensors of an adapter, in the order of its modules. `width` is the base model's hidden size. */
export function adapterTensors(
  config: StoredAdapterConfig,
  modules: readonly AdaptedModule[],
  objectiveCount: number,
  width: number,
): TensorSpec[] {
  if (config.kind === "lora") return modules.flatMap((module) => loraTensors(config, module));
  if (config.kind === "scorer") return scorerTensors(config, modules, objectiveCount, width);
  if (config.kind === "lora-by-module") return modules.flatMap((module) => loraModuleTensors(config, module));
  if (config.kind === "pblora") return modules.flatMap((module) => pbLoraTensors(config, module, objectiveCount));
  return [
    ...mosLoraSharedTensors(config, width),
    ...modules.flatMap((module) => mosLoraTensors(config, module, width)),
  ];
}

type Values = { shape: number[]; data: Float32Array };

/** An adapter of given values, which are copied. Names and shapes must be those of `adapterTensors`. */
export function buildAdapter(
  config: StoredAdapterConfig,
  objectiveCount: number,
  modules: readonly AdaptedModule[],
  values: Record<string, Values>,
  vectors: Values | null,
): Adapter {
  const tensors: Record<string, tf.Variable> = {};
  for (const [name, { shape, data }] of Object.entries(values)) {
    tensors[name] = tf.tidy(() => tf.variable(tf.tensor(data.slice(), [...shape]))); // the engine may hold on to the array
  }
  const objectiveVectors =
    vectors && tf.keep(tf.tensor<tf.Rank.R2>(vectors.data.slice(), [vectors.shape[0]!, vectors.shape[1]!]));
  const dispose = (): void => {
    tf.dispose(tensors);
    objectiveVectors?.dispose();
  };
  return { config, objectiveCount, modules, tensors, objectiveVectors, dispose };
}

function checkVectors(vectors: readonly (readonly number[])[] | null, objectiveCount: number, width: number): void {
  if (vectors === null) {
    throw new UniArmError(
      "objective-vectors-missing",
      "A moslora adapter needs a vector for each objective. Make them with objectiveVectors(...).",
    );
  }
  if (vectors.length === objectiveCount && vectors.every((vector) => vector.length === width)) return;
  const sizes = [...new Set(vectors.map((vector) => vector.length))].join(" or ");
  throw new UniArmError(
    "objective-vectors-shape",
    `There are ${vectors.length} objective vectors of ${sizes} entries; expected ${objectiveCount} of ${width}, one for each objective, as wide as the model.`,
  );
}
