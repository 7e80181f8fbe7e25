import type { DecodingConfig, SamplingConfig } from "@uniarm/core/schema";

/** Settings as a person writes them: what is left out has its default. */
export type SamplingInput = (typeof SamplingConfig)["_zod"]["input"];
export type DecodingInput = (typeof DecodingConfig)["_zod"]["input"];
