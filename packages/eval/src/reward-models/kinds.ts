import { z } from "zod";
import { ReadingSettings, UniArmError } from "@uniarm/core/schema";

/** Which token's hidden state the head of a causal model reads. */
export type Pooling =
  /** the last one whose id is not the pad id, whatever the mask says: Hugging Face's classifiers */
  | "last-non-pad"
  /** the last one of the text: safe-rlhf's score models */
  | "last";

/** How published classes of reward models differ. */
export interface RewardModelKind {
  readonly backbone: "causal" | "encoder";
  readonly pooling: Pooling;
  /** name of the head's weight [labels, d] */
  readonly head: string;
  /** how prompts are written out by default */
  readonly format: "beaver" | "response" | "model";
  /** the pad id of a config.json that names none: that of the class, which "last-non-pad" looks for */
  readonly padTokenId: number | null;
  /** whether an encoder is told the texts of a pair apart where tokenizer_config.json does not say: BERT's own tokenizer does, RoBERTa's does not */
  readonly typesPairs: boolean;
}

/** transformers' classifiers on a causal model. */
const classifier = (padTokenId: number | null = null): RewardModelKind => ({
  backbone: "causal",
  pooling: "last-non-pad",
  head: "score",
  format: "model",
  padTokenId,
  typesPairs: false,
});
const SCORE_MODEL: RewardModelKind = {
  backbone: "causal",
  pooling: "last",
  head: "score_head",
  format: "beaver",
  padTokenId: null,
  typesPairs: false,
};
/** An encoder's own table says where its head is and what it reads. */
const encoder = (typesPairs = false): RewardModelKind => ({
  backbone: "encoder",
  pooling: "last",
  head: "classifier",
  format: "response",
  padTokenId: null,
  typesPairs,
});

/** By the class that config.json names in `architectures`. */
export const REWARD_MODEL_KINDS: Readonly<Record<string, RewardModelKind>> = {
  LlamaForSequenceClassification: classifier(),
  MistralForSequenceClassification: classifier(),
  MixtralForSequenceClassification: classifier(),
  Qwen2ForSequenceClassification: classifier(),
  Qwen3ForSequenceClassification: classifier(),
  Qwen3MoeForSequenceClassification: classifier(),
  GemmaForSequenceClassification: classifier(0),
  Gemma2ForSequenceClassification: classifier(0),
  Gemma3TextForSequenceClassification: classifier(0),
  Phi3ForSequenceClassification: classifier(32_000),
  Olmo2ForSequenceClassification: classifier(1),
  SmolLM3ForSequenceClassification: classifier(128_004),
  GPT2ForSequenceClassification: classifier(),
  LlamaModelForScore: SCORE_MODEL,
  LlamaForScore: SCORE_MODEL,
  DistilBertForSequenceClassification: encoder(),
  BertForSequenceClassification: encoder(true),
  RobertaForSequenceClassification: encoder(),
  XLMRobertaForSequenceClassification: encoder(),
  CamembertForSequenceClassification: encoder(),
  ElectraForSequenceClassification: encoder(true),
  DebertaV2ForSequenceClassification: encoder(true),
  ModernBertForSequenceClassification: encoder(),
};

/** What is read of a reward model's config.json, beside the sizes of its backbone. */
export const RewardModelJson = z.looseObject({
  architectures: z.array(z.string()).min(1),
  pad_token_id: z.int().nullish(),
  auto_map: z.record(z.string(), z.unknown()).nullish(),
  problem_type: z.string().nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
  score_type: z.enum(["reward", "cost"]).optional(),
  do_normalize: z.boolean().default(false),
  uniarm: ReadingSettings.optional(), // of scorers that were trained here
});
export type RewardModelJson = z.infer<typeof RewardModelJson>;

/** @throws UniArmError reward-model-unsupported */
export function kindOf(json: unknown, folder: string): { kind: RewardModelKind; json: RewardModelJson } {
  const parsed = RewardModelJson.safeParse(json);
  const name = parsed.data?.architectures[0];
  const kind = name !== undefined && Object.hasOwn(REWARD_MODEL_KINDS, name) ? REWARD_MODEL_KINDS[name] : undefined;
  if (parsed.success && kind) return { kind, json: parsed.data };
  const what = parsed.success
    ? `names the architecture ${JSON.stringify(name?.slice(0, 80))}`
    : "names no architecture";
  const ownCode = parsed.data?.auto_map
    ? " Its auto_map names code of its own, which is not run: what that code computes is not known here."
    : "";
  throw new UniArmError(
    "reward-model-unsupported",
    `config.json of ${folder} ${what}; supported reward models are ${Object.keys(REWARD_MODEL_KINDS).join(", ")}.${ownCode}`,
  );
}
