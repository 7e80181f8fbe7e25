import {
  createAdapter,
  objectiveVectors,
  type Adapter,
  type Random,
  type Tokenizer,
  type Transformer,
} from "@uniarm/core";
import { AdapterConfig, hasArmPerObjective, methodOf, type TrainingConfig } from "@uniarm/core/schema";
import { createAdamW, type AdamW, type AdamWState } from "./adamw.ts";
import type { LossSettings } from "./loss-settings.ts";

/** An ARM in training: an adapter with its optimizer and the objectives it learns. */
export interface Arm {
  adapter: Adapter;
  optimizer: AdamW;
  /** the one objective it learns, or null: all of them, mixed by the preference */
  objective: number | null;
}

export function adapterConfigOf(config: TrainingConfig): AdapterConfig {
  return config.adapter ?? AdapterConfig.parse({ kind: methodOf(config.method).adapter });
}

/** Fresh adapters: one for all objectives, or one per objective in their order. */
export async function createAdapters(
  config: TrainingConfig,
  model: Transformer,
  tokenizer: Tokenizer,
  random: Random,
): Promise<Adapter[]> {
  const form = adapterConfigOf(config);
  if (hasArmPerObjective(config.method)) {
    return config.objectives.map(({ name }) =>
      createAdapter(form, model.config, { objectiveCount: 1, random: random.fork(`adapter-${name}`) }),
    );
  }
  const start = { objectiveCount: config.objectives.length, random: random.fork("adapter") };
  if (form.kind !== "moslora") return [createAdapter(form, model.config, start)];
  const descriptions = config.objectives.map(({ description }) => description);
  const options = {
    embedding: form.objectiveEmbedding,
    geometry: form.objectiveGeometry,
    random: random.fork("objectives"),
  };
  const vectors = await objectiveVectors(model, tokenizer, descriptions, options);
  return [createAdapter(form, model.config, { ...start, objectiveVectors: vectors })];
}

/** Gives each adapter its optimizer, fresh or continued from `states`. */
export function armsOf(config: TrainingConfig, adapters: readonly Adapter[], states?: readonly AdamWState[]): Arm[] {
  return adapters.map((adapter, index) => ({
    adapter,
    optimizer: createAdamW(adapter.tensors, config.optimizer, states?.[index]),
    objective: hasArmPerObjective(config.method) ? index : null,
  }));
}

export function disposeArms(arms: readonly Arm[]): void {
  for (const { adapter, optimizer } of arms) {
    adapter.dispose();
    optimizer.dispose();
  }
}

/** The loss as one ARM sees it: of its own objective only, where it has one. */
export function settingsOf({ objective }: Arm, settings: LossSettings): LossSettings {
  return objective === null ? settings : { ...settings, betas: [settings.betas[objective]!], global: null };
}
