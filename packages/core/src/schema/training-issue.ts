import type { TrainingSettings } from "./training-settings.ts";

/** A setting that does not go with the others, or would have no effect beside them. */
export interface TrainingIssue {
  path: keyof TrainingSettings;
  message: string;
}
