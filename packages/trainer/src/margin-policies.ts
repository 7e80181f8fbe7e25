import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { assertSameBase, assertSameObjectives, findCheckpoint, readManifest, type Transformer } from "@uniarm/core";
import { lossOf, UniArmError, type CheckpointManifest, type TrainingConfig } from "@uniarm/core/schema";

/** Tuned policies of single objectives, whose log-ratios to the base model are rewards: R_j = beta_j (log pi_j - log pi_0). */
export interface MarginPolicies {
  /** the checkpoint's own folder */
  folder: string;
  /** of its adapters */
  sha256: string;
  /** [K] those that they were trained with; of imported ones, which do not say, this run's */
  betas: number[];
}

/**
 * The checkpoint that a run takes its margins from; null where it takes none.
 * @throws UniArmError margin-policies-differ; checkpoint-missing, checkpoint-objectives-mismatch, checkpoint-base-mismatch
 */
export async function openMarginPolicies(config: TrainingConfig, model: Transformer): Promise<MarginPolicies | null> {
  const { marginFrom, objectives } = config;
  if (marginFrom === undefined) return null;
  const manifest = await readManifest(marginFrom);
  const wrong = whyNoMargins(manifest);
  if (wrong !== null)
    throw new UniArmError(
      "margin-policies-differ",
      `marginFrom ${marginFrom} ${wrong}. Margins come from policies of single objectives whose log-ratios are rewards: train the method dpo with the divergence reverse-kl, by winners or margins.`,
    );
  const names = objectives.map(({ name }) => name);
  assertSameObjectives(manifest, names);
  assertSameBase(manifest, model.sha256, config.model);
  const folder = (await findCheckpoint(marginFrom))!;
  const sha256 = createHash("sha256")
    .update(await readFile(join(folder, "adapter.safetensors")))
    .digest("hex");
  const { beta } = manifest.training ?? config;
  return { folder, sha256, betas: names.map((name) => (typeof beta === "number" ? beta : beta[name]!)) };
}

function whyNoMargins({ method, training }: CheckpointManifest): string | null {
  if (method !== "dpo") return `holds the method ${method}`;
  if (!training) return null;
  const { divergence = "reverse-kl" } = training;
  if (divergence !== "reverse-kl") return `was tuned with the divergence ${divergence}`;
  return lossOf(training).loss === "imitation" ? "was tuned by imitation" : null;
}
