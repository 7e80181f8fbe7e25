import type { PlaygroundSearch } from "../../app/search.ts";
import type { Fusion } from "@uniarm/core/schema";
import type { GenerateRequest } from "./api-call.ts";
import type { Steerer } from "./steered-by.ts";

export const DEFAULTS = { temperature: 0, tokens: 64, seed: 0 };
/** In place of a checkpoint: the base model alone. */
export const NO_ARM = "none";

export interface Asked {
  project: string;
  search: PlaygroundSearch;
  prompt: string;
  /** id of the ARM's checkpoint; null: none */
  arm: string | null;
  preferences: readonly (readonly number[] | null)[];
  /** how its adapters are fused, where the method of the checkpoint leaves a choice */
  fusion?: Fusion | undefined;
  /** a policy has no strength: it is the tuned model itself */
  by?: Steerer | undefined;
  /** 1 / beta where the page's address says none: the ARM's usual one */
  strength: number;
}

/** The request behind what the page shows; null while there is nothing to ask. */
export function requestOf({
  project,
  search,
  prompt,
  arm,
  preferences,
  fusion,
  by = "ARM",
  strength,
}: Asked): GenerateRequest | null {
  if (prompt.trim() === "") return null;
  const { temperature = DEFAULTS.temperature, seed = DEFAULTS.seed } = search;
  return {
    project,
    prompt,
    ...(by === "ARM" ? { strength: search.strength ?? strength } : {}),
    seed,
    maxNewTokens: search.tokens ?? DEFAULTS.tokens,
    sampling: { temperature },
    ...(search.model === undefined ? {} : { model: search.model }),
    ...(arm === null
      ? {}
      : {
          arm,
          preferences: preferences.map((preference) => preference && [...preference]),
          ...(fusion ? { fusion } : {}),
        }),
  };
}
