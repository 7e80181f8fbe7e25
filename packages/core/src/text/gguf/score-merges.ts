/**
 * The merges that do what scores do: of two neighbours that make a token, those are joined first whose token has the highest
 * score. Every way to cut a token in two tokens is one merge.
 * @param tokens the ones that pieces may be joined to, with their scores
 */
export function mergesOfScores(
  vocabulary: Readonly<Record<string, number>>,
  tokens: readonly (readonly [token: string, score: number])[],
): [string, string][] {
  const ranked = tokens.toSorted(([, one], [, other]) => other - one);
  return ranked.flatMap(([token]) => {
    const cuts: [string, string][] = [];
    let at = 0;
    for (const character of token) {
      at += character.length;
      const [left, right] = [token.slice(0, at), token.slice(at)];
      if (right !== "" && Object.hasOwn(vocabulary, left) && Object.hasOwn(vocabulary, right)) cuts.push([left, right]);
    }
    return cuts;
  });
}
