import { openWeights } from "../../files/sharded.ts";
import { EMBEDDING, HEAD, type ModuleName } from "../../layers/adapter-rows.ts";
import { checkTensors } from "../../model/check-tensors.ts";
import { fileSource, loadTensor } from "../../model/file-source.ts";
import { readModelConfig } from "../../model/model-folder.ts";
import { publishedModules, type PublishedModule } from "../../model/published-modules.ts";
import { TENSOR } from "../../model/tensor-names.ts";
import { withHeadOfFiles } from "../../model/tied-head.ts";
import type { ModelConfig } from "../../schema/model.ts";
import type * as tf from "../../tensor/tf.ts";

/** The model that an adapter was trained on: its modules, and its weights one at a time. */
export interface BaseModel {
  folder: string;
  config: ModelConfig;
  modules: readonly PublishedModule[];
  /** [out,in] of a module, or [V,d] of the embedding; the caller owns it */
  weightOf(module: ModuleName): tf.Tensor2D;
  /** [out]; null where it has none */
  biasOf(module: ModuleName): tf.Tensor1D | null;
  /** another tensor of the model, by our name; the caller owns it */
  tensorOf(name: string): tf.Tensor;
  /** another tensor of the model by its published name; null where there is none */
  otherOf(name: string): tf.Tensor | null;
}

export async function openBaseModel(folder: string): Promise<BaseModel> {
  const said = await readModelConfig(folder);
  const { tensors } = await openWeights(folder);
  const { config } = withHeadOfFiles(said, tensors);
  const source = fileSource(config, tensors);
  checkTensors(config, source, true, folder);
  const has = (name: string): boolean => source.shapeOf(name) !== null;
  const nameOf = (module: ModuleName): string => {
    if (module === EMBEDDING) return TENSOR.embedding;
    if (module === HEAD) return config.tiedEmbeddings ? TENSOR.embedding : TENSOR.head;
    return `model.${module}.weight`;
  };
  return {
    folder,
    config,
    modules: publishedModules(config),
    weightOf: (module) => source.load([nameOf(module)], "float32") as tf.Tensor2D,
    biasOf: (module) => {
      const name = `model.${module}.bias`;
      return has(name) ? (source.load([name], "float32") as tf.Tensor1D) : null;
    },
    tensorOf: (name) => source.load([name], "float32"),
    otherOf: (name) => {
      const head = name === TENSOR.head && config.tiedEmbeddings ? [source.publishedName!(TENSOR.embedding)] : [];
      const stored = [name, name.replace(/^(model|transformer)\./, ""), ...head].find((one) => tensors.has(one));
      return stored === undefined ? null : loadTensor(tensors, stored, tensors.get(stored)!.shape, folder);
    },
  };
}
