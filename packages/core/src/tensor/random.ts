/** Random numbers need no tensors: configs are drawn from them as well. */
export { createRandom, restoreRandom, type Random, type RandomState } from "../schema/random.ts";
