import type { LinearModule } from "../schema/adapter.ts";
import type { ModelConfig } from "../schema/model.ts";
import { FAMILIES } from "./family.ts";

/** One tensor of a checkpoint: its name, as Llama's is published, and its shape. Other names are `published-names.ts`'s business. */
export interface RequiredTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

type ExpertModule = "gate_proj" | "up_proj" | "down_proj";

/** Names of what is not a linear module that adapters act on. */
export const TENSOR = {
  embedding: "model.embed_tokens.weight",
  positions: "model.embed_positions.weight",
  inputNorm: (layer: number): string => `model.layers.${layer}.input_layernorm`,
  queryNorm: (layer: number): string => `model.layers.${layer}.self_attn.q_norm.weight`,
  keyNorm: (layer: number): string => `model.layers.${layer}.self_attn.k_norm.weight`,
  /** on what the MLP reads */
  attentionNorm: (layer: number): string => `model.layers.${layer}.post_attention_layernorm`,
  /** on what attention and the MLP add */
  afterAttentionNorm: (layer: number): string => `model.layers.${layer}.after_attention_norm`,
  afterMlpNorm: (layer: number): string => `model.layers.${layer}.after_mlp_norm`,
  router: (layer: number): string => `model.layers.${layer}.mlp.gate.weight`,
  expert: (layer: number, expert: number, module: ExpertModule): string =>
    `model.layers.${layer}.mlp.experts.${expert}.${module}.weight`,
  norm: "model.norm",
  head: "lm_head.weight",
} as const;

/** Modules that read the same input, by the block that they belong to. */
const PROJECTIONS = {
  qkv: ["q_proj", "k_proj", "v_proj"],
  o: ["o_proj"],
  gateUp: ["gate_proj", "up_proj"],
  down: ["down_proj"],
} as const;
export type ProjectionName = keyof typeof PROJECTIONS;

/** A linear module of a layer: where it sits and its [out, in]. */
export interface LayerModule {
  readonly name: LinearModule;
  readonly block: "self_attn" | "mlp";
  readonly shape: readonly [number, number];
}

/**
 * The linear modules of one layer that adapters act on, in the order they run: seven, six where the MLP has no gate, the four
 * of attention where tokens take some of many MLPs.
 */
export function layerModules(config: ModelConfig): LayerModule[] {
  const { hiddenSize: d, intermediateSize: wide, heads, keyValueHeads, headSize } = config;
  const [all, shared] = [heads * headSize, keyValueHeads * headSize];
  const modules: LayerModule[] = [
    { name: "q_proj", block: "self_attn", shape: [all, d] },
    { name: "k_proj", block: "self_attn", shape: [shared, d] },
    { name: "v_proj", block: "self_attn", shape: [shared, d] },
    { name: "o_proj", block: "self_attn", shape: [d, all] },
    { name: "gate_proj", block: "mlp", shape: [wide, d] },
    { name: "up_proj", block: "mlp", shape: [wide, d] },
    { name: "down_proj", block: "mlp", shape: [d, wide] },
  ];
  if (config.experts) return modules.filter(({ block }) => block === "self_attn");
  return FAMILIES[config.modelType].mlp === "gated" ? modules : modules.filter(({ name }) => name !== "gate_proj");
}

/** Per projection: its modules in layer n, and the columns of its output that are theirs. */
export function projectionsOf(
  config: ModelConfig,
): Record<ProjectionName, (layer: number) => { module: string; column: number; size: number }[]> {
  const modules = new Map(layerModules(config).map((module) => [module.name, module]));
  const partsOf = (names: readonly LinearModule[]) => (layer: number) => {
    let column = 0;
    return names.flatMap((name) => {
      const module = modules.get(name);
      if (!module) return [];
      const part = { module: moduleName(layer, module), column, size: module.shape[0] };
      column += part.size;
      return [part];
    });
  };
  return {
    qkv: partsOf(PROJECTIONS.qkv),
    o: partsOf(PROJECTIONS.o),
    gateUp: partsOf(PROJECTIONS.gateUp),
    down: partsOf(PROJECTIONS.down),
  };
}

/** "layers.0.self_attn.q_proj": the module's path inside the model, by which adapters know it. */
export function moduleName(layer: number, module: LayerModule): string {
  return `layers.${layer}.${module.block}.${module.name}`;
}

/** Every tensor that a checkpoint of this configuration must hold; biases of linear modules are optional and left out. */
export function requiredTensors(config: ModelConfig): RequiredTensor[] {
  const { hiddenSize: d, vocabularySize: V, layers } = config;
  const family = FAMILIES[config.modelType];
  const norm = (name: string): RequiredTensor[] => [
    { name: `${name}.weight`, shape: [d] },
    ...(family.norm === "layer" ? [{ name: `${name}.bias`, shape: [d] }] : []),
  ];
  return [
    { name: TENSOR.embedding, shape: [V, d] },
    ...(config.rope ? [] : [{ name: TENSOR.positions, shape: [config.contextTokens, d] }]),
    ...Array.from({ length: layers }, (_, layer) => [
      ...(family.norms === "after" ? [] : norm(TENSOR.inputNorm(layer))),
      ...layerModules(config).map((module) => ({
        name: `model.${moduleName(layer, module)}.weight`,
        shape: module.shape,
      })),
      ...expertTensors(config, layer),
      ...headNormTensors(config, layer),
      ...(family.norms === "before" ? [] : norm(TENSOR.afterAttentionNorm(layer))),
      ...(family.norms === "after" ? [] : norm(TENSOR.attentionNorm(layer))),
      ...(family.norms === "before" ? [] : norm(TENSOR.afterMlpNorm(layer))),
    ]).flat(),
    ...norm(TENSOR.norm),
    ...(config.tiedEmbeddings ? [] : [{ name: TENSOR.head, shape: [V, d] }]),
  ];
}

function headNormTensors(config: ModelConfig, layer: number): RequiredTensor[] {
  const { heads, keyValueHeads, headSize } = config;
  const { queryKeyNorm } = FAMILIES[config.modelType];
  if (queryKeyNorm === "none") return [];
  const isWhole = queryKeyNorm === "whole";
  return [
    { name: TENSOR.queryNorm(layer), shape: [isWhole ? heads * headSize : headSize] },
    { name: TENSOR.keyNorm(layer), shape: [isWhole ? keyValueHeads * headSize : headSize] },
  ];
}

function expertTensors({ experts, hiddenSize: d }: ModelConfig, layer: number): RequiredTensor[] {
  if (!experts) return [];
  const { count, size } = experts;
  return [
    { name: TENSOR.router(layer), shape: [count, d] },
    ...Array.from({ length: count }, (_, expert): RequiredTensor[] => [
      { name: TENSOR.expert(layer, expert, "gate_proj"), shape: [size, d] },
      { name: TENSOR.expert(layer, expert, "up_proj"), shape: [size, d] },
      { name: TENSOR.expert(layer, expert, "down_proj"), shape: [d, size] },
    ]).flat(),
  ];
}
