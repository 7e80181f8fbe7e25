/** The door for callers that need no tensors: rewards, the exact optimum, the prompts. Nothing it imports opens an engine. */
export { exactBest, exactFront, type ExactBest } from "./optimum.ts";
export { isClean, parseResponse, scoreResponse } from "./parse.ts";
export { parsePrompt } from "./prompts.ts";
export { TINY_WORLD_OBJECTIVES } from "./objectives.ts";
export { tinyWorldProtocol } from "./protocol.ts";
export { testPrompts } from "./texts.ts";
export type { ParsedKind } from "./kinds.ts";
export type { Rewards } from "./rewards.ts";
export type { Task } from "./tasks.ts";
