import { isCut, type PreferencePair } from "@uniarm/core/schema";

/** How many pairs hold responses that teach something else than they seem to. */
export interface Oddities {
  pairs: number;
  /** pairs with a response that was cut off by a limit of tokens */
  cut: number;
  /** those of them that are not trained on */
  cutLeftOut: number;
  /** pairs with a response of no characters */
  empty: number;
  /** pairs of twice the same response */
  same: number;
}

export function odditiesOf(pairs: readonly PreferencePair[]): Omit<Oddities, "cutLeftOut"> {
  const count = (isOdd: (pair: PreferencePair) => boolean): number => pairs.filter(isOdd).length;
  return {
    pairs: pairs.length,
    cut: count((pair) => isCut(pair, 0) || isCut(pair, 1)),
    empty: count(({ responses }) => responses.includes("")),
    same: count(isSame),
  };
}

/** Whether both responses are the same: no loss that compares them learns from it. */
export const isSame = (pair: PreferencePair): boolean =>
  pair.responses[0] === pair.responses[1] && isCut(pair, 0) === isCut(pair, 1);

/**
 * What people are told about the pairs of a run; null where nothing is odd.
 * @param read whether responses are read, not learned: a scorer is not told how they ended
 */
export function odditiesSentence(all: readonly Oddities[], { read = false } = {}): string | null {
  const sum = (key: keyof Oddities): number => all.reduce((total, one) => total + one[key], 0);
  const [cut, out, empty, same] = [sum("cut"), sum("cutLeftOut"), sum("empty"), sum("same")];
  const parts = [
    cut > 0 ? `${cut} have a response that was cut off: ${cutSentence(cut, out, read)}` : "",
    empty > 0 ? `${empty} have an empty response${read ? "" : ", which teaches to say nothing"}` : "",
    same > 0 ? `${same} have twice the same response, which compares nothing` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? null : `Of ${sum("pairs")} pairs ${parts.join("; ")}.`;
}

function cutSentence(cut: number, leftOut: number, read: boolean): string {
  const kept = read ? "read as if it had ended" : "trained on without an end token";
  if (leftOut === 0) return `it is ${kept} (cutResponses leave-out leaves such pairs out)`;
  return leftOut === cut ? "they were left out" : `${leftOut} were left out, the rest is ${kept}`;
}
