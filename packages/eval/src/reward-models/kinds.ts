import { z } from "zod";
import { UniArmError } from "@uniarm/core/schema";

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
}

const CLASSIFIER: RewardModelKind = {
  backbone: "causal",
  pooling: "last-non-pad",
  head: "score",
  format: "model",
};
const SCORE_MODEL: RewardModelKind = {
  backbone: "causal",
  pooling: "last",
  head: "score_head",
  format: "beaver",
};
const ENCODER: RewardModelKind = {
  backbone: "encoder",
  pooling: "last",
  head: "classifier",
  format: "response",
};

/** By the class that config.json names in `architectures`. */
export const REWARD_MODEL_KINDS: Readonly<Record<string, RewardModelKind>> = {
  LlamaForSequenceClassification: CLASSIFIER,
  MistralForSequenceClassification: CLASSIFIER,
  Qwen2ForSequenceClassification: CLASSIFIER,
  Qwen3ForSequenceClassification: CLASSIFIER,
  GPT2ForSequenceClassification: CLASSIFIER,
  LlamaModelForScore: SCORE_MODEL,
  LlamaForScore: SCORE_MODEL,
  DistilBertForSequenceClassification: ENCODER,
};

/** What is read of a reward model's config.json, beside the sizes of its backbone. */
export const RewardModelJson = z.looseObject({
  architectures: z.array(z.string()).min(1),
  pad_token_id: z.int().nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
  score_type: z.enum(["reward", "cost"]).optional(),
  do_normalize: z.boolean().default(false),
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
  throw new UniArmError(
    "reward-model-unsupported",
    `config.json of ${folder} ${what}; supported reward models are ${Object.keys(REWARD_MODEL_KINDS).join(", ")}.`,
  );
}
