export * from "./schema/index.ts";
export { createRandom, restoreRandom, type Random, type RandomState } from "./tensor/random.ts";
