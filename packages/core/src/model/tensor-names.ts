import type { LinearModule } from "../schema/adapter.ts";
import type { ModelConfig } from "../schema/model.ts";

/** One tensor of a Llama checkpoint: its published name and its shape. */
export interface TensorPlace {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Published names of what is not a linear module. */
export const TENSOR = {
  embedding: "model.embed_tokens.weight",
  inputNorm: (layer: number): string => `model.layers.${layer}.input_layernorm.weight`,
  attentionNorm: (layer: number): string => `model.layers.${layer}.post_attention_layernorm.weight`,
  norm: "model.norm.weight",
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
export interface LinearPlace {
  readonly name: LinearModule;
  readonly block: "self_attn" | "mlp";
  readonly shape: readonly [number, number];
}

/** The seven linear modules of one layer, in the order they run. */
export function linearPlaces(config: ModelConfig): LinearPlace[] {
  const { hiddenSize: d, intermediateSize: wide, heads, keyValueHeads, headSize } = config;
  const [all, shared] = [heads * headSize, keyValueHeads * headSize];
  return [
    { name: "q_proj", block: "self_attn", shape: [all, d] },
    { name: "k_proj", block: "self_attn", shape: [shared, d] },
    { name: "v_proj", block: "self_attn", shape: [shared, d] },
    { name: "o_proj", block: "self_attn", shape: [d, all] },
    { name: "gate_proj", block: "mlp", shape: [wide, d] },
    { name: "up_proj", block: "mlp", shape: [wide, d] },
    { name: "down_proj", block: "mlp", shape: [d, wide] },
  ];
}

/** Per projection: its modules in layer n, and the columns of its output that are theirs. */
export function projectionsOf(
  config: ModelConfig,
): Record<ProjectionName, (layer: number) => { module: string; column: number; size: number }[]> {
  const places = new Map(linearPlaces(config).map((place) => [place.name, place]));
  const partsOf = (names: readonly LinearModule[]) => (layer: number) => {
    let column = 0;
    return names.map((name) => {
      const place = places.get(name)!;
      const part = { module: moduleName(layer, place), column, size: place.shape[0] };
      column += part.size;
      return part;
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
export function moduleName(layer: number, place: LinearPlace): string {
  return `layers.${layer}.${place.block}.${place.name}`;
}

/** Every tensor that a checkpoint of this configuration must hold, biases left out (they are optional). */
export function requiredTensors(config: ModelConfig): TensorPlace[] {
  const { hiddenSize: d, vocabularySize: V, layers } = config;
  return [
    { name: TENSOR.embedding, shape: [V, d] },
    ...Array.from({ length: layers }, (_, layer) => [
      { name: TENSOR.inputNorm(layer), shape: [d] },
      ...linearPlaces(config).map((place) => ({
        name: `model.${moduleName(layer, place)}.weight`,
        shape: place.shape,
      })),
      { name: TENSOR.attentionNorm(layer), shape: [d] },
    ]).flat(),
    { name: TENSOR.norm, shape: [d] },
    ...(config.tiedEmbeddings ? [] : [{ name: TENSOR.head, shape: [V, d] }]),
  ];
}
