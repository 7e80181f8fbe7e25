import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DecodingConfig } from "@uniarm/core/schema";
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
    coefficients: config.coefficients ?? null,
    strength: checkpoint && config.strength,
    ...(fusion.rule === "product" ? {} : { fusion: effectOf(fusion) }),
    ...(fusion.rule === "nearest" ? { armWeights: checkpoint?.manifest.armWeights } : {}),
    sampling: sampling.temperature === 0 ? { temperature: 0 } : { ...sampling },
    seed: sampling.temperature === 0 ? null : config.seed, // greedy ignores it
    samplesPerPrompt: config.samplesPerPrompt,
    maxNewTokens: config.maxNewTokens,
  };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
