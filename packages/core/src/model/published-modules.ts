import { EMBEDDING, HEAD, type ModuleName } from "../layers/adapter-rows.ts";
import type { ModelConfig } from "../schema/model.ts";
import { publishedNames } from "./published-names.ts";
import { layerModules, moduleName, TENSOR } from "./tensor-names.ts";

/** A module as transformers has it: one of ours, or several side by side in one product. */
export interface PublishedModule {
  /** its path in the class with a language-model head: "model.layers.0.self_attn.q_proj", "transformer.h.0.attn.c_attn" */
  readonly path: string;
  readonly kind: "linear" | "embedding" | "head";
  /** ours, by the outputs that are theirs, in their order */
  readonly parts: readonly { module: ModuleName; start: number; size: number }[];
  readonly outSize: number;
  readonly inSize: number;
  /** whether its weight is stored [in, out] */
  readonly turned: boolean;
}

/** Every linear module, the embedding and the head of a model, as its family publishes them. */
export function publishedModules(config: ModelConfig): PublishedModule[] {
  const publishedOf = publishedNames(config, () => false); // the names of the whole model, not of a bare backbone
  const linear = new Map<string, PublishedModule>();
  for (let layer = 0; layer < config.layers; layer++) {
    for (const one of layerModules(config)) {
      const module = moduleName(layer, one);
      const { name, columns } = publishedOf(`model.${module}.weight`);
      const path = pathOf(name);
      const [size, inSize] = one.shape;
      const others = linear.get(path)?.parts ?? [];
      const start = others.reduce((sum, part) => sum + part.size, 0);
      const parts = [...others, { module, start, size }];
      linear.set(path, { path, kind: "linear", parts, outSize: start + size, inSize, turned: columns !== null });
    }
  }
  const { vocabularySize: V, hiddenSize: d } = config;
  const alone = (
    kind: "embedding" | "head",
    module: ModuleName,
    name: string,
    sizes: [number, number],
  ): PublishedModule => ({
    path: pathOf(publishedOf(name).name),
    kind,
    parts: [{ module, start: 0, size: sizes[0] }],
    outSize: sizes[0],
    inSize: sizes[1],
    turned: false,
  });
  return [
    alone("embedding", EMBEDDING, TENSOR.embedding, [d, V]),
    ...linear.values(),
    alone("head", HEAD, TENSOR.head, [V, d]),
  ];
}

const pathOf = (weight: string): string => weight.replace(/\.weight$/, "");
