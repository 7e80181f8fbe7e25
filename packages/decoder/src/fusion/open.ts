import { stackLoras, type Adapter, type LoraStack } from "@uniarm/core";
import {
  ANSWERING_METHODS,
  Fusion,
  methodOf,
  UniArmError,
  type CheckpointManifest,
  type DecodingConfig,
} from "@uniarm/core/schema";

/** A rule of fusion with what it needs on the engine. */
export interface OpenFusion {
  settings: Fusion;
  /** rules that make one adapter of several: those, side by side */
  stack: LoraStack | null;
}

export const PRODUCT: OpenFusion = { settings: { rule: "product" }, stack: null };

/**
 * How the checkpoint's adapters are fused: as asked, or by the first rule of its method.
 * @throws UniArmError checkpoint-answers-nothing, fusion-not-of-method, arm-model-without-effect
 */
export function fusionOf(
  { fusion, armModel }: Partial<Pick<DecodingConfig, "fusion" | "armModel">>,
  manifest: CheckpointManifest | null,
): Fusion {
  if (!manifest) return PRODUCT.settings;
  const { fusions } = methodOf(manifest.method);
  if (fusions.length === 0)
    throw new UniArmError(
      "checkpoint-answers-nothing",
      `This checkpoint holds a ${manifest.method}, which gives scores and answers nothing. Name its model folder among rewardModels to score answers with it, or give a checkpoint of ${ANSWERING_METHODS.join(", ")}.`,
    );
  const settings = fusion ?? Fusion.parse({ rule: fusions[0] });
  if (!fusions.includes(settings.rule)) {
    throw new UniArmError(
      "fusion-not-of-method",
      `Fusion ${settings.rule} was asked for, but this checkpoint was trained with ${manifest.method}, which has ${fusions.join(" and ")}. Leave out the fusion, or set its rule to ${fusions.join(" or ")}.`,
    );
  }
  if (armModel !== undefined && settings.rule !== "product") {
    throw new UniArmError(
      "arm-model-without-effect",
      `Fusion ${settings.rule} lets what was trained with ${manifest.method} answer by itself: it guides no other model. Set model to ${armModel} and leave out armModel.`,
    );
  }
  return settings;
}

/** @throws UniArmError adapters-differ */
export function openFusion(settings: Fusion, arms: readonly Adapter[]): OpenFusion {
  if (settings.rule === "soup") return { settings, stack: stackLoras(arms, settings.mean) };
  // a mean that counts one adapter alone: rows that differ in it still make one pass
  if (settings.rule === "nearest") return { settings, stack: stackLoras(arms, "deltas") };
  return { settings, stack: null };
}

/** Whether the rule's distribution depends on the base model's. */
export function needsBase(fusion: Fusion): boolean {
  if (fusion.rule === "product") return true;
  return fusion.rule === "mod" && fusion.form === "exact" && fusion.divergence !== "reverse-kl";
}

/** Settings of equal effect are equal: where both forms of MOD are the same, none is named. */
export function effectOf(fusion: Fusion): object {
  if (fusion.rule !== "mod") return fusion;
  const { rule, divergence, form } = fusion;
  if (divergence === "reverse-kl") return { rule, divergence };
  return { rule, divergence, form, ...(divergence === "alpha" ? { alpha: alphaOf(fusion) } : {}) };
}

/** Of divergence alpha, where it is not given. */
export const alphaOf = ({ alpha = 0.5 }: { alpha?: number | undefined }): number => alpha;
