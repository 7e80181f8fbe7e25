export { decode, type DecodeOptions } from "./decode.ts";
export { generate, type Decoder, type GenerateOptions, type Generated } from "./generate.ts";
export { guidedLogProbs, type ArmLogits } from "./fusion/product.ts";
export { openGuidedModel, type GuidedModel } from "./guided-model.ts";
export { mergeGenerations } from "./merge.ts";
export { openInteractive, type Interactive } from "./interactive/open.ts";
export type { InteractiveEvent, InteractiveRequest } from "./interactive/request.ts";
export { planBatches, type DecodingRow, type EncodedPrompt, type Guidance } from "./rows.ts";
