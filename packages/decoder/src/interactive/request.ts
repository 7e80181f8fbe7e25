import type { Finish, Fusion, Prompt, SamplingConfig, TokenStep } from "@uniarm/core/schema";

/** One response to make, as `decode` would make it for this prompt id, preference and seed. */
export interface InteractiveRequest {
  prompt: Prompt;
  /** null: the base model, unguided */
  preference: readonly number[] | null;
  strength?: number;
  /** genarm only, in place of strength * preference */
  coefficients?: readonly number[];
  /** in place of the rule that the model was opened with */
  fusion?: Fusion | undefined;
  sampling: SamplingConfig;
  maxNewTokens: number;
  seed: number;
}

export type InteractiveEvent =
  | ({ type: "token" } & TokenStep)
  | {
      type: "end";
      finish: Finish | "cancelled";
      text: string;
      logProbNats: number;
      /** rows that started with it in one batch, itself included; 0: it never started */
      batchRows: number;
    };
