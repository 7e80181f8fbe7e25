import type { Message } from "@uniarm/core/schema";

/** How a reward model reads a prompt, or the turns of a dialogue, and a response. */
export type Reader = (prompt: string | readonly Message[], response: string) => Reading;

/** A prompt and a response as text and ids. */
export interface Reading {
  text: string;
  ids: number[];
  /** which of two texts each token is of; undefined where there is one */
  types?: number[];
  /** how many of the ids open every text */
  start: number;
}
