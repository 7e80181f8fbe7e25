import type { z } from "zod";
import { trainingIssues } from "./training-issues.ts";
import { TrainingSettings } from "./training-settings.ts";

/** Everything `train` needs. Paths are files and folders on this machine. */
export const TrainingConfig = TrainingSettings.superRefine((config, context) => {
  for (const { path, message } of trainingIssues(config)) context.addIssue({ code: "custom", path: [path], message });
});
export type TrainingConfig = z.infer<typeof TrainingConfig>;
