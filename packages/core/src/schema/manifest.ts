import { z } from "zod";
import { StoredAdapterConfig } from "./adapter.ts";
import { Method } from "./method.ts";
import { ObjectiveList, ObjectiveName } from "./objective.ts";
import { PreferenceVector } from "./preference.ts";
import { PromptFormatName } from "./prompt-format.ts";
import { TemplateVars } from "./template-vars.ts";
import { TrainingConfig } from "./training.ts";

/** manifest.json of a checkpoint folder: what its tensors mean. */
export const CheckpointManifest = z.strictObject({
  format: z.literal("uniarm-checkpoint"),
  formatVersion: z.literal(1),
  method: Method,
  objectives: ObjectiveList.describe("in the order of every preference vector"),
  baseModel: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), folder: z.string() }),
  adapter: StoredAdapterConfig,
  armWeights: z
    .array(PreferenceVector)
    .min(1)
    .optional()
    .describe("methods with an adapter for each of some preference vectors: those, in the order of the adapters"),
  untrainedObjectives: z
    .array(ObjectiveName)
    .min(1)
    .optional()
    .describe("objectives that were added by their description alone, and that no training has seen"),
  training: TrainingConfig.nullable().describe("null for an imported adapter"),
  importedFrom: z.string().nullable().default(null).describe("where an imported adapter came from"),
  promptFormat: PromptFormatName,
  templateVars: TemplateVars,
  step: z.int().nonnegative(),
  seed: z.int().nonnegative(),
  versions: z.record(z.string(), z.string()).describe("uniarm, tfjs, engine, node"),
});
export type CheckpointManifest = z.infer<typeof CheckpointManifest>;
