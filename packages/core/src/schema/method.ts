import { z } from "zod";
import type { AdapterConfig } from "./adapter.ts";

export const Method = z.enum(["uniarm", "parm", "genarm"]);
export type Method = z.infer<typeof Method>;

/** The adapter form each method stands for. GenARM trains one LoRA per objective; the others one adapter in all. */
export const ADAPTER_OF_METHOD: Record<Method, AdapterConfig["kind"]> = {
  uniarm: "moslora",
  parm: "pblora",
  genarm: "lora",
};
