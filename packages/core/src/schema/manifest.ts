import { z } from "zod";
import { StoredAdapterConfig } from "./adapter.ts";
import { Method, methodOf } from "./method.ts";
import { ObjectiveList, ObjectiveName } from "./objective.ts";
import { PreferenceVector } from "./preference.ts";
import { PromptFormatName } from "./prompt-format.ts";
import { TemplateVars } from "./template-vars.ts";
import { TrainingConfig } from "./training.ts";

const ManifestFields = z.strictObject({
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

/** manifest.json of a checkpoint folder: what its tensors mean. */
export const CheckpointManifest = ManifestFields.superRefine(({ method, objectives, armWeights }, context) => {
  const issue = (message: string): void => {
    context.addIssue({ code: "custom", path: ["armWeights"], message });
  };
  const isPerWeights = methodOf(method).arms === "per-weights";
  if (isPerWeights && !armWeights)
    issue(`${method} has a policy for each of some preferences: the manifest has to say which`);
  if (!isPerWeights && armWeights) issue(`${method} has no adapter of a preference: leave them out`);
  const unlike = armWeights?.find((weights) => weights.length !== objectives.length);
  if (unlike)
    issue(`[${unlike.join(", ")}] has ${unlike.length} entries; it needs ${objectives.length}, one for each objective`);
});
export type CheckpointManifest = z.infer<typeof CheckpointManifest>;
