import type { ConformanceCase } from "../../case.ts";
import { activationCases } from "./activations.ts";
import { attentionCases } from "./attention.ts";
import { expertCases } from "./experts.ts";
import { linearCases } from "./linear.ts";
import { lookupCases } from "./lookups.ts";
import { normCases } from "./norms.ts";

/**
 * Functions of this package with a gradient, or kernels, of their own. `reference` writes each out in plain operations with
 * tfjs's own gradients; the engine's answer is held against it, whatever the engine makes the function of.
 */
export const fusedCases: readonly ConformanceCase[] = [
  ...normCases,
  ...activationCases,
  ...attentionCases,
  ...expertCases,
  ...lookupCases,
  ...linearCases,
];
