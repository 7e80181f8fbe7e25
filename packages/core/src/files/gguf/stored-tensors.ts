import { UniArmError } from "../../schema/error.ts";
import type { TensorSpan } from "../safetensors-header.ts";
import type { StoredTensor } from "../stored-tensor.ts";
import { architectureOf, type GgufArchitecture } from "./architectures.ts";
import type { GgufHeader } from "./header.ts";
import { headCounts } from "./keys.ts";

/** Factors of rotary frequencies: they are read into the configuration. */
export const ROPE_FACTORS = "rope_freqs.weight";

/**
 * The tensors of a GGUF file by the names that Hugging Face's files have for them. One without such a name would change the
 * model in a way that is not computed, so it is refused.
 * @throws UniArmError model-unsupported, gguf-header
 */
export function ggufTensors(header: GgufHeader): Map<string, StoredTensor> {
  const architecture = architectureOf(header);
  const tensors = new Map<string, StoredTensor>();
  for (const span of header.tensors.values()) {
    if (span.name === ROPE_FACTORS) continue;
    const name = publishedName(span.name, architecture);
    if (name === null) {
      throw new UniArmError(
        "model-unsupported",
        `${header.path} has a tensor ${span.name.slice(0, 80)}, which its architecture does not have here: the model cannot be computed without it. Use another model.`,
      );
    }
    tensors.set(name, stored(span, name, header, architecture));
  }
  return tensors;
}

function publishedName(name: string, { layer, whole, modelType }: GgufArchitecture): string | null {
  const [, number, module, kind] = /^(?:blk\.(0|[1-9]\d{0,5})\.)?([a-z_]+)\.(weight|bias)$/.exec(name) ?? [];
  if (module === undefined) return null;
  const table = number === undefined ? whole : layer;
  if (!Object.hasOwn(table, module)) return null;
  if (number === undefined) return `${table[module]}.${kind}`;
  return `${modelType === "gpt2" ? "transformer.h" : "model.layers"}.${number}.${table[module]}.${kind}`;
}

function stored(span: TensorSpan, name: string, header: GgufHeader, architecture: GgufArchitecture): StoredTensor {
  const { path } = header;
  if (architecture.modelType === "gpt2" && span.shape.length === 2 && /\.c_(attn|proj|fc)\.weight$/.test(name))
    return { ...span, name, path, shape: span.shape.toReversed(), layout: { kind: "turned" } };
  const [, module] = /\.self_attn\.([qk])_proj\./.exec(name) ?? [];
  if (!architecture.pairsRows || module === undefined) return { ...span, name, path };
  const { heads, keyValueHeads } = headCounts(header);
  const count = module === "q" ? heads : keyValueHeads;
  if (span.shape[0]! % (2 * count) !== 0) {
    throw new UniArmError(
      "model-tensor-shape",
      `${path} has tensor ${span.name} of ${span.shape[0]} rows for ${count} heads; expected an even number for each head. Make or download the file again.`,
    );
  }
  return { ...span, name, path, layout: { kind: "paired", heads: count } };
}
