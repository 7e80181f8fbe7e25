import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { requiredTensors, TENSOR } from "./tensor-names.ts";
import type { WeightSource } from "./weight-source.ts";

/**
 * Whether a source has every tensor that a configuration asks for, each of its shape.
 * @throws UniArmError model-tensor-missing, model-tensor-shape
 */
export function checkTensors(config: ModelConfig, source: WeightSource, head: boolean, folder: string): void {
  const where = folder === "" ? "The model" : `Model folder ${folder}`;
  const published = (name: string): string => source.publishedName?.(name) ?? name;
  const expected = requiredTensors(config).filter(({ name }) => head || name !== TENSOR.head);
  const missing = expected.filter(({ name }) => source.shapeOf(name) === null).map(({ name }) => published(name));
  if (missing.length > 0) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
    throw new UniArmError(
      "model-tensor-missing",
      `${where} has no tensor ${missing[0]}${more}; config.json describes ${config.layers} layers${
        config.tiedEmbeddings ? " with tied embeddings" : ""
      }. Use weights and config.json of one model.`,
    );
  }
  const biases = expected.flatMap(({ name, shape }) => {
    const bias = name.replace(/\.weight$/, ".bias");
    return name.endsWith("_proj.weight") && source.shapeOf(bias) ? [{ name: bias, shape: shape.slice(0, 1) }] : [];
  });
  for (const { name, shape } of [...expected, ...biases]) {
    const actual = source.shapeOf(name)!;
    if (actual.join() === shape.join()) continue;
    throw new UniArmError(
      "model-tensor-shape",
      `${where} has tensor ${published(name)} of shape [${actual.join(", ")}]; config.json asks for [${shape.join(", ")}]. Use weights and config.json of one model.`,
    );
  }
}
