import type { EncoderType } from "../schema/encoder.ts";

/** Names of an encoder's tensors, without ".weight" and ".bias"; those of a layer within it. */
export interface EncoderNames {
  words: string;
  positions: string | null;
  tokenTypes: string | null;
  embeddingNorm: string;
  /** from the embeddings' width to the model's, where they differ */
  widen: string | null;
  /** what stands before a layer's number */
  layers: string;
  /** one matrix each, or all three in one */
  attention: { q: string; k: string; v: string } | { qkv: string };
  out: string;
  attentionNorm: string;
  up: string;
  down: string;
  mlpNorm: string;
  /** after the last layer, where norms come before blocks instead of after them */
  finalNorm: string | null;
  head: { dense: string; norm: string | null; classifier: string };
}

const bert = (prefix: string): EncoderNames => ({
  words: `${prefix}.embeddings.word_embeddings`,
  positions: `${prefix}.embeddings.position_embeddings`,
  tokenTypes: `${prefix}.embeddings.token_type_embeddings`,
  embeddingNorm: `${prefix}.embeddings.LayerNorm`,
  widen: null,
  layers: `${prefix}.encoder.layer`,
  attention: { q: "attention.self.query", k: "attention.self.key", v: "attention.self.value" },
  out: "attention.output.dense",
  attentionNorm: "attention.output.LayerNorm",
  up: "intermediate.dense",
  down: "output.dense",
  mlpNorm: "output.LayerNorm",
  finalNorm: null,
  head: { dense: `${prefix}.pooler.dense`, norm: null, classifier: "classifier" },
});

/** RoBERTa and its like have the head's first matrix outside the backbone. */
const roberta = (prefix: string): EncoderNames => {
  const names = bert(prefix);
  names.head = { dense: "classifier.dense", norm: null, classifier: "classifier.out_proj" };
  return names;
};

function electra(): EncoderNames {
  const names = roberta("electra");
  names.widen = "electra.embeddings_project";
  return names;
}

function deberta(): EncoderNames {
  const names = bert("deberta");
  names.attention = { q: "attention.self.query_proj", k: "attention.self.key_proj", v: "attention.self.value_proj" };
  names.head.dense = "pooler.dense";
  return names;
}

export const ENCODER_NAMES: Readonly<Record<EncoderType, EncoderNames>> = {
  distilbert: {
    words: "distilbert.embeddings.word_embeddings",
    positions: "distilbert.embeddings.position_embeddings",
    tokenTypes: null,
    embeddingNorm: "distilbert.embeddings.LayerNorm",
    widen: null,
    layers: "distilbert.transformer.layer",
    attention: { q: "attention.q_lin", k: "attention.k_lin", v: "attention.v_lin" },
    out: "attention.out_lin",
    attentionNorm: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    mlpNorm: "output_layer_norm",
    finalNorm: null,
    head: { dense: "pre_classifier", norm: null, classifier: "classifier" },
  },
  bert: bert("bert"),
  roberta: roberta("roberta"),
  "xlm-roberta": roberta("roberta"),
  camembert: roberta("roberta"),
  electra: electra(),
  "deberta-v2": deberta(),
  modernbert: {
    words: "model.embeddings.tok_embeddings",
    positions: null,
    tokenTypes: null,
    embeddingNorm: "model.embeddings.norm",
    widen: null,
    layers: "model.layers",
    attention: { qkv: "attn.Wqkv" },
    out: "attn.Wo",
    attentionNorm: "attn_norm",
    up: "mlp.Wi",
    down: "mlp.Wo",
    mlpNorm: "mlp_norm",
    finalNorm: "model.final_norm",
    head: { dense: "head.dense", norm: "head.norm", classifier: "classifier" },
  },
};

/** DeBERTa's vectors of distances, their norm, and a layer's own matrices for them. */
export const RELATIVE_NAMES = {
  vectors: "deberta.encoder.rel_embeddings",
  norm: "deberta.encoder.LayerNorm",
  key: "attention.self.pos_key_proj",
  query: "attention.self.pos_query_proj",
} as const;
