/** Tiny fakes and checks for tests of this and other packages. */
export { bfloat16Rounded } from "./bfloat16.ts";
export { BYTE_VOCABULARY_SIZE, byteTokenizer, byteTokenizerFiles } from "./byte-tokenizer.ts";
export {
  chatCompletion,
  openChatEndpoint,
  type ChatEndpoint,
  type ChatReply,
  type ChatRequest,
} from "./chat-endpoint.ts";
export { collect } from "./collect.ts";
export { drawn } from "./drawn.ts";
export { expectNoTensorLeak } from "./leaks.ts";
export { mutatedBytes, mutatedJson, survives } from "./mutations.ts";
export { writeSafetensors } from "../files/safetensors.ts";
export { temporaryFolder } from "./temporary-folder.ts";
export { TINY_CONFIG, tinyModel, writeTinyModel, type TinyModelOptions } from "./tiny-model.ts";
export { writeTinyScorer } from "./tiny-scorer.ts";
