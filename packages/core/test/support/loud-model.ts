import { transformerFromTensors } from "../../src/model/create.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { transformerTensors } from "../../src/model/held-tensors.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import type { ModelConfig } from "../../src/schema/model.ts";
import { tinyModel } from "../../src/testing/tiny-model.ts";

/** The tiny model with weights ten times as large: its distributions are far from even, so that every step shows. */
export async function loudModel(change: Partial<ModelConfig> = {}): Promise<Transformer> {
  const small = await tinyModel({ config: change });
  const { config } = small;
  const tensors = await transformerTensors(small);
  disposeTransformer(small);
  for (const { data } of Object.values(tensors))
    data.forEach((value, index) => (data[index] = value === 1 ? 1 : 10 * value));
  return transformerFromTensors(config, tensors);
}
