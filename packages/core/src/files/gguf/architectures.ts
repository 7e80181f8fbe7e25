import { UniArmError } from "../../schema/error.ts";
import type { GgufHeader } from "./header.ts";

/** What a GGUF file's architecture is in Hugging Face's layout. */
export interface GgufArchitecture {
  modelType: "llama" | "mistral" | "qwen2" | "qwen3" | "gpt2";
  /** whether neighbouring rows of q and k turn together, so that the file has them in another order than Hugging Face's */
  pairsRows: boolean;
  /** the file's name of a layer's tensor -> Hugging Face's */
  layer: Readonly<Record<string, string>>;
  /** of the others */
  whole: Readonly<Record<string, string>>;
}

const LLAMA_LAYER = {
  attn_norm: "input_layernorm",
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  ffn_norm: "post_attention_layernorm",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
};
const LLAMA_WHOLE = { token_embd: "model.embed_tokens", output_norm: "model.norm", output: "lm_head" };
const llama: GgufArchitecture = { modelType: "llama", pairsRows: true, layer: LLAMA_LAYER, whole: LLAMA_WHOLE };

export const GGUF_ARCHITECTURES: Readonly<Record<string, GgufArchitecture>> = {
  llama,
  mistral: { ...llama, modelType: "mistral" },
  qwen2: { ...llama, modelType: "qwen2", pairsRows: false },
  qwen3: {
    modelType: "qwen3",
    pairsRows: false,
    layer: { ...LLAMA_LAYER, attn_q_norm: "self_attn.q_norm", attn_k_norm: "self_attn.k_norm" },
    whole: LLAMA_WHOLE,
  },
  gpt2: {
    modelType: "gpt2",
    pairsRows: false,
    layer: {
      attn_norm: "ln_1",
      attn_qkv: "attn.c_attn",
      attn_output: "attn.c_proj",
      ffn_norm: "ln_2",
      ffn_up: "mlp.c_fc",
      ffn_down: "mlp.c_proj",
    },
    whole: {
      token_embd: "transformer.wte",
      position_embd: "transformer.wpe",
      output_norm: "transformer.ln_f",
      output: "lm_head",
    },
  },
};

/** @throws UniArmError model-unsupported */
export function architectureOf({ values, path }: GgufHeader): GgufArchitecture {
  const name = values.get("general.architecture");
  if (typeof name === "string" && Object.hasOwn(GGUF_ARCHITECTURES, name)) return GGUF_ARCHITECTURES[name]!;
  const what =
    typeof name === "string" ? `of architecture ${JSON.stringify(name.slice(0, 80))}` : "without architecture";
  throw new UniArmError(
    "model-unsupported",
    `${path} is a GGUF file ${what}; read are ${Object.keys(GGUF_ARCHITECTURES).join(", ")}.`,
  );
}
