import type { Finish } from "@uniarm/core/schema";

/** What ends a response beside a stop string. */
export interface Ending {
  eosTokenIds: ReadonlySet<number>;
  maxNewTokens: number;
}

/**
 * How a response ends with the last of its tokens; null: it goes on.
 * @param isStopped whether its text holds a stop string
 */
export function finishOf(tokenIds: readonly number[], isStopped: boolean, ending: Ending): Finish | null {
  if (isStopped) return "stop";
  if (ending.eosTokenIds.has(tokenIds.at(-1)!)) return "eos";
  return tokenIds.length === ending.maxNewTokens ? "length" : null;
}
