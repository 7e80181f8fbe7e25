/** The door for configs and forms: objectives and recipes, without texts and figures. It reads no files: safe in a browser. */
export { TINY_WORLD_OBJECTIVES, tinyWorldObjectives, type TinyWorldObjectiveCount } from "./objectives.ts";
export { TINY_WORLD_RESPONSE_TOKENS, TINY_WORLD_STRENGTH, tinyWorldRecipe } from "./recipe.ts";
