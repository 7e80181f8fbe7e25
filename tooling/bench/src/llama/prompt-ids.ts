/** Tokens of every prompt. */
export const PROMPT_TOKENS = 64;

/** So many different prompts of ids that any vocabulary of some thousands has. */
export const promptIds = (rows: number): number[][] =>
  Array.from({ length: rows }, (_, row) =>
    Array.from({ length: PROMPT_TOKENS }, (_unused, at) => 100 + ((row * 677 + at * 7919) % 4000)),
  );
