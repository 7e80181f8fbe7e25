import { defaultBaseWeights, openEngine, openWeights, readConfigJson } from "@uniarm/core";
import { UniArmError, type BaseWeights, type Message, type RewardModelConfig } from "@uniarm/core/schema";
import { openCausalModel } from "./causal-model.ts";
import { openEncoderModel } from "./encoder-model.ts";
import { kindOf, type RewardModelJson, type RewardModelKind } from "./kinds.ts";
import { readerOf } from "./reader.ts";
import { rewardFunction } from "./reward-function.ts";
import type { ScoredRow } from "./scored-model.ts";

/** A reward model that reads prompts and responses. */
export interface RewardModel {
  objective: string;
  direction: "maximize" | "minimize";
  /** everything but the text that decides a score: equal keys and texts give equal scores */
  key: string;
  contextTokens: number;
  batchTokens: number;
  /** a prompt and a response as the model reads them; `truncated` when they do not fit its context */
  read(
    prompt: string | readonly Message[],
    response: string,
  ): ScoredRow & { text: string; ids: number[]; truncated: boolean };
  /** one text per row -> the reward of each, in the objective's own direction */
  score(rows: readonly ScoredRow[]): Promise<number[]>;
  dispose(): void;
}

/**
 * Opens a reward model's folder; opens the engine when none is open.
 * @throws UniArmError reward-model-unsupported, reward-model-label, reward-model-format, reward-model-weights, and those of reading model and tokenizer
 */
export async function openRewardModel(config: RewardModelConfig): Promise<RewardModel> {
  const { kind, json } = kindOf(await readConfigJson(config.model), config.model);
  if (kind.backbone === "encoder" && (config.baseWeights === "int8" || config.baseWeights === "int4"))
    throw encodersAreFloat(config, config.baseWeights);
  if (config.format === "pair" && kind.backbone !== "encoder") throw pairsAreForEncoders(config, json);
  const reader = await readerOf(config, kind, json.uniarm);
  await openEngine();
  const baseWeights = config.baseWeights ?? (await weightsAsStored(config.model));
  const model =
    kind.backbone === "encoder"
      ? await openEncoderModel(config.model)
      : await openCausalModel(config.model, kind, json, baseWeights);
  try {
    if (kind.backbone === "encoder" && config.format === "auto" && model.labels === 1) throw formatUnknown(config);
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
        const { text, ids, types, start } = reader(prompt, response);
        if (ids.length === 0) {
          throw new UniArmError(
            "text-empty",
            `The reward model ${config.model} was given a text without tokens; it needs at least one. Leave empty responses out, or set endOfText.`,
          );
        }
        if (ids.length <= contextTokens) return { text, ids, types, truncated: false };
        const cut = (values: readonly number[]): number[] => shortened(values, start, contextTokens, kind);
        return { text, ids: cut(ids), types: types && cut(types), truncated: true };
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

/** Scoring reads whole texts: its products are as wide as training's. As transformers does: weights are not held in less than they are stored in. Only the faster of equally exact ways is a default. */
async function weightsAsStored(folder: string): Promise<BaseWeights> {
  const { tensors } = await openWeights(folder);
  const isHalf = [...tensors.values()].every(({ dtype, shape }) => dtype === "BF16" || shape.length < 2);
  return isHalf ? defaultBaseWeights("training") : "float32";
}

/** A class does not say whether its weights were trained on the response alone or on prompt and response. */
function formatUnknown({ model }: RewardModelConfig): UniArmError {
  return new UniArmError(
    "reward-model-format",
    `The encoder ${model} has one label, and its files do not say what it reads. Set format to pair where it scores a prompt with its response ` +
      "(reward models, cross-encoders: tokenizer(prompt, response)), or to response where it scores a text by itself.",
  );
}

function encodersAreFloat({ model }: RewardModelConfig, baseWeights: string): UniArmError {
  return new UniArmError(
    "reward-model-weights",
    `The reward model ${model} is an encoder, and encoders are held in float32; ${baseWeights} is for reward models of causal language models. ` +
      "Leave baseWeights out.",
  );
}

function pairsAreForEncoders({ model }: RewardModelConfig, { architectures }: RewardModelJson): UniArmError {
  return new UniArmError(
    "reward-model-format",
    `The reward model ${model} is a ${architectures[0]}, which reads one text; format pair is for encoders, which read two. Set format to auto.`,
  );
}

/** A causal model loses the beginning of the text, an encoder its end; tokens that open (and close) every text stay. */
function shortened(ids: readonly number[], start: number, most: number, { backbone }: RewardModelKind): number[] {
  if (backbone === "encoder") return [...ids.slice(0, most - 1), ids.at(-1)!];
  return [...ids.slice(0, start), ...ids.slice(ids.length - (most - start))];
}
