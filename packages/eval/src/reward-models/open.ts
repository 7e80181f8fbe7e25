import { defaultBaseWeights, openEngine, openWeights, readConfigJson } from "@uniarm/core";
import { UniArmError, type BaseWeights, type Message, type RewardModelConfig } from "@uniarm/core/schema";
import { openCausalModel } from "./causal-model.ts";
import { openEncoderModel } from "./encoder-model.ts";
import { kindOf, type RewardModelKind } from "./kinds.ts";
import { readerOf } from "./reader.ts";
import { rewardFunction } from "./reward-function.ts";

/** A reward model that reads prompts and responses. */
export interface RewardModel {
  objective: string;
  direction: "maximize" | "minimize";
  /** everything but the text that decides a score: equal keys and texts give equal scores */
  key: string;
  contextTokens: number;
  batchTokens: number;
  /** a prompt and a response as the model reads them; `truncated` when they do not fit its context */
  read(prompt: string | readonly Message[], response: string): { text: string; ids: number[]; truncated: boolean };
  /** token ids, one text per row -> the reward of each, in the objective's own direction */
  score(rows: readonly (readonly number[])[]): Promise<number[]>;
  dispose(): void;
}

/**
 * Opens a reward model's folder; opens the engine when none is open.
 * @throws UniArmError reward-model-unsupported, reward-model-label, and those of reading model and tokenizer
 */
export async function openRewardModel(config: RewardModelConfig): Promise<RewardModel> {
  const { kind, json } = kindOf(await readConfigJson(config.model), config.model);
  const reader = await readerOf(config, kind);
  await openEngine();
  const baseWeights = config.baseWeights ?? (await weightsAsStored(config.model));
  const model =
    kind.backbone === "encoder"
      ? await openEncoderModel(config.model)
      : await openCausalModel(config.model, kind, json, baseWeights);
  try {
    const rewardOf = rewardFunction(config, model, json);
    const contextTokens = Math.min(config.maxTokens ?? Infinity, model.contextTokens);
    const direction =
      config.direction === "auto" ? (json.score_type === "cost" ? "minimize" : "maximize") : config.direction;
    const { objective, label, output, normaliser, batchTokens } = config;
    const held = kind.backbone === "encoder" ? "float32" : baseWeights;
    return {
      objective,
      direction,
      contextTokens,
      batchTokens,
      key: JSON.stringify([model.sha256, held, label ?? null, output, normaliser, contextTokens, config.endOfText]),
      read: (prompt, response) => {
        const { text, ids, start } = reader(prompt, response);
        if (ids.length === 0) {
          throw new UniArmError(
            "text-empty",
            `The reward model ${config.model} was given a text without tokens; it needs at least one. Leave empty responses out, or set endOfText.`,
          );
        }
        if (ids.length <= contextTokens) return { text, ids, truncated: false };
        return { text, ids: shortened(ids, start, contextTokens, kind), truncated: true };
      },
      score: async (rows) => (await model.score(rows)).map(rewardOf),
      dispose: () => {
        model.dispose();
      },
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** As transformers does: weights are not held in less than they are stored in. Only the faster of equally exact ways is a default. */
async function weightsAsStored(folder: string): Promise<BaseWeights> {
  const { tensors } = await openWeights(folder);
  const isHalf = [...tensors.values()].every(({ dtype, shape }) => dtype === "BF16" || shape.length < 2);
  return isHalf ? defaultBaseWeights() : "float32";
}

/** A causal model loses the beginning of the text, an encoder its end; tokens that open (and close) every text stay. */
function shortened(ids: readonly number[], start: number, most: number, { backbone }: RewardModelKind): number[] {
  if (backbone === "encoder") return [...ids.slice(0, most - 1), ids.at(-1)!];
  return [...ids.slice(0, start), ...ids.slice(ids.length - (most - start))];
}
