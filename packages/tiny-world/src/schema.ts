/** The door for configs and forms: what tiny-world is called, without its texts and figures. Safe in a browser. */
export { TINY_WORLD_OBJECTIVES, tinyWorldObjectives, type TinyWorldObjectiveCount } from "./objectives.ts";
export { TINY_WORLD_RESPONSE_TOKENS, TINY_WORLD_STRENGTH, tinyWorldRecipe } from "./recipe.ts";
