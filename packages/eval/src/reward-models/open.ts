import { defaultBaseWeights, loadTokenizer, openEngine, readConfigJson, textOf, type Tokenizer } from "@uniarm/core";
import { UniArmError, type PromptFormatName, type RewardModelConfig } from "@uniarm/core/schema";
import { openCausalModel, openEncoderModel, type ScoredModel } from "./heads.ts";
import { kindOf, type RewardModelJson, type RewardModelKind } from "./kinds.ts";

/** A reward model that reads prompts and responses. */
export interface RewardModel {
  objective: string;
  direction: "maximize" | "minimize";
  /** what decides a score beside the text: equal keys give equal scores */
  key: string;
  contextTokens: number;
  batchTokens: number;
  /** a prompt and a response as the model reads them; `truncated` when the context was too short for them */
  read(prompt: string, response: string): { text: string; ids: number[]; truncated: boolean };
  /** token ids, a text a row -> the reward of each, in the objective's own direction */
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
  const baseWeights = config.baseWeights ?? defaultBaseWeights();
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
            `The reward model ${config.model} was given a text without tokens; it scores one token at least. Leave empty responses out, or set endOfText.`,
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

type Reader = (prompt: string, response: string) => { text: string; ids: number[]; start: number };

/** How a prompt and a response become ids; `start` of them open every text. */
async function readerOf(config: RewardModelConfig, kind: RewardModelKind): Promise<Reader> {
  const format = config.format === "auto" ? kind.format : config.format;
  if (format === "response") {
    const tokenizer = await loadTokenizer(config.model, { promptFormat: "plain" });
    return (_prompt, response) => ({
      text: response,
      ids: [...tokenizer.encode(response, { addSpecialTokens: true }), ...ending(config, tokenizer)],
      start: 1,
    });
  }
  const tokenizer = await tokenizerOf(config.model, format);
  return (prompt, response) => {
    const pieces = [...tokenizer.promptFormat.prompt(prompt), ...tokenizer.promptFormat.response(response)];
    const start = tokenizer.promptFormat.writesStart ? [] : tokenizer.startIds;
    const ids = [...start, ...tokenizer.encodePieces(pieces), ...ending(config, tokenizer)];
    return { text: textOf(pieces), ids, start: start.length };
  };
}

async function tokenizerOf(folder: string, format: PromptFormatName | "model"): Promise<Tokenizer> {
  if (format !== "model") return loadTokenizer(folder, { promptFormat: format });
  const tokenizer = await loadTokenizer(folder);
  return tokenizer.chatTemplate ? tokenizer : loadTokenizer(folder, { promptFormat: "hh" });
}

const ending = ({ endOfText }: RewardModelConfig, { eosTokenId }: Tokenizer): number[] =>
  endOfText && eosTokenId !== null ? [eosTokenId] : [];

/** A causal model loses the beginning of a text, an encoder its end; what opens (and closes) every text stays. */
function shortened(ids: readonly number[], start: number, most: number, { backbone }: RewardModelKind): number[] {
  if (backbone === "encoder") return [...ids.slice(0, most - 1), ids.at(-1)!];
  return [...ids.slice(0, start), ...ids.slice(ids.length - (most - start))];
}

/** The labels' numbers -> the reward. @throws UniArmError reward-model-label */
function rewardFunction(
  { label, output, normaliser, model: folder }: RewardModelConfig,
  { labels, stored }: ScoredModel,
  { id2label }: RewardModelJson,
): (scores: readonly number[]) => number {
  const names = Array.from({ length: labels }, (_, index) => id2label?.[String(index)] ?? `LABEL_${index}`);
  const chosen =
    label === undefined ? (labels === 1 ? 0 : -1) : typeof label === "string" ? names.indexOf(label) : label;
  if (chosen < 0 || chosen >= labels) {
    const asked = label === undefined ? "has several labels" : `has no label ${JSON.stringify(label)}`;
    throw new UniArmError(
      "reward-model-label",
      `The reward model ${folder} ${asked}: ${names.map((name, index) => `${index} "${name}"`).join(", ")}. Set label to the one whose score is the reward.`,
    );
  }
  const normal = normaliser === "none" ? null : normaliser === "model" ? stored : normaliser;
  return (scores) => {
    const raw = output === "probability" ? probability(scores, chosen) : scores[chosen]!;
    return normal ? (raw - normal.mean) / normal.deviation : raw;
  };
}

function probability(scores: readonly number[], chosen: number): number {
  if (scores.length === 1) return 1 / (1 + Math.exp(-scores[0]!));
  const highest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - highest));
  return weights[chosen]! / weights.reduce((sum, weight) => sum + weight, 0);
}
