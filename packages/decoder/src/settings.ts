import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { isDeepStrictEqual } from "node:util";
import { SamplingConfig, type DecodingConfig } from "@uniarm/core/schema";
import { effectOf } from "./fusion/open.ts";
import type { GuidedModel } from "./guided-model.ts";
import type { EncodedPrompt } from "./rows.ts";

/** Everything that decides a run's responses, by name; JSON. Kept beside an output file, so that no other run continues it. */
export type DecodingSettings = Record<string, unknown>;

/** Paths and batchRows are left out: a model folder may move, and rows do not depend on the batch they are decoded in. */
export async function settingsOf(
  config: DecodingConfig,
  guided: GuidedModel,
  prompts: readonly EncodedPrompt[],
): Promise<DecodingSettings> {
  const { checkpoint } = guided;
  const fusion = guided.fusion.settings;
  const { sampling } = config;
  return {
    model: guided.model.sha256,
    ...(guided.armModel ? { armModel: guided.armModel.sha256, sharedVocabulary: guided.sharedVocabulary } : {}),
    baseWeights: guided.model.baseWeights,
    checkpoint: checkpoint && (await hashFile(join(checkpoint.folder, "adapter.safetensors"))),
    objectives: checkpoint?.manifest.objectives.map(({ name }) => name),
    prompts: createHash("sha256").update(JSON.stringify(prompts)).digest("hex"),
    preferences: config.preferences ?? null,
    ...controlSettings(config),
    coefficients: config.coefficients ?? null,
    strength: checkpoint && config.strength,
    ...(fusion.rule === "product" ? {} : { fusion: effectOf(fusion) }),
    ...(fusion.rule === "nearest" ? { armWeights: checkpoint?.manifest.armWeights } : {}),
    sampling: samplingSettings(sampling),
    seed: sampling.temperature === 0 ? null : config.seed, // greedy ignores it
    samplesPerPrompt: config.samplesPerPrompt,
    maxNewTokens: config.maxNewTokens,
    ...searchSettings(config),
  };
}

/** What is not set is left out where files of earlier versions do not name it: they can be continued. */
function samplingSettings(sampling: SamplingConfig): object {
  const { temperature, topK, topP, ...others } = sampling;
  const drawn = temperature === 0 ? { temperature } : { temperature, topK, topP };
  return { ...drawn, ...changedSettings(others, SamplingConfig.parse({})) };
}

/** A greedy run ignores its seed, a control does not. */
const controlSettings = ({ preferenceControl, seed }: DecodingConfig): object =>
  preferenceControl === "none" ? {} : { preferenceControl, controlSeed: preferenceControl === "fixed" ? null : seed };

const searchSettings = ({ bestOf, beams, lengthPenalty, topLogProbs, baseLogProbs }: DecodingConfig): object =>
  changedSettings(
    { bestOf, beams, lengthPenalty, topLogProbs, baseLogProbs },
    { bestOf: 1, beams: 1, lengthPenalty: 1, topLogProbs: 0, baseLogProbs: false },
  );

/** Those that differ from their defaults. */
function changedSettings<T extends object>(settings: T, defaults: { [key in keyof T]: unknown }): Partial<T> {
  const isChanged = ([name, value]: [string, unknown]): boolean => !isDeepStrictEqual(value, defaults[name as keyof T]);
  return Object.fromEntries(Object.entries(settings).filter(isChanged)) as Partial<T>;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
