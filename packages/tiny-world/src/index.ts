export { makeModelFolder, tinyWorldModel } from "./model-folder.ts";
export { PRETRAINING, type ShippedModel, type TinyWorldModel } from "./pretraining.ts";
export { TINY_WORLD_OBJECTIVES, tinyWorldObjectives, type TinyWorldObjectiveCount } from "./objectives.ts";
export { tinyWorldProtocol } from "./protocol.ts";
export { TINY_WORLD_RESPONSE_TOKENS, TINY_WORLD_STRENGTH, tinyWorldRecipe } from "./recipe.ts";

export { makeTexts, testPrompts, trainingPromptDraws, validationPrompts, type TextPrompt } from "./texts.ts";
export { makePairs, scoreBatch, stratumOf, type ResponsePair } from "./pairs.ts";
export { isClean, parseResponse, scoreResponse } from "./parse.ts";
export { sampleResponse, textOf } from "./respond.ts";
export { rewardsOfKinds, type Rewards } from "./rewards.ts";

export { exactBest, exactFront, regularisedFront, type ExactBest, type ExactPoint } from "./optimum.ts";
export { kindSequences, type KindSequence } from "./grammar.ts";
export { HAZARD_LEVELS, type HazardLevel, type Kind, type ParsedKind } from "./kinds.ts";

export { parsePrompt, promptText } from "./prompts.ts";
export { TEST_TASKS, TRAINING_TASKS, VALIDATION_TASKS } from "./split.ts";
export { TASKS, type Task } from "./tasks.ts";
