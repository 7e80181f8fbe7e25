import type { Finish } from "@uniarm/core/schema";

/** A beginning of a response. */
export interface Beam {
  tokenIds: readonly number[];
  /** sum of its tokens' log-probabilities, by which beams are compared: after processing, normalised again */
  score: number;
  /** the same before processing */
  logProbNats: number;
}

/** A beam with its next token. */
interface Continuation extends Beam {
  /** place of the beam that it continues */
  from: number;
}

/** The best whole response so far. */
export interface Hypothesis extends Beam {
  finish: Finish;
  /** score / length^lengthPenalty */
  value: number;
}

/** How beams of one response are searched. */
export interface BeamRules {
  beams: number;
  lengthPenalty: number;
  maxNewTokens: number;
  /** how many tokens end a response */
  endings: number;
  finishOf: (tokenIds: readonly number[]) => Finish | null;
}

/** Log-probabilities of a beam's next token [V], as they are compared and before processing. */
export interface NextLogProbs {
  compared: Float32Array;
  guided: Float32Array;
}

/**
 * One token more, as transformers' beam search has it: of the best continuations, those that end and are
 * among the first `beams` may be the response, and the first `beams` that do not end are followed. Unlike there, a response is
 * given up no earlier than nothing better can come (its early_stopping "never").
 * @returns the beams to follow, best first; none when the search is over
 */
export function stepBeams(
  beams: readonly Beam[],
  next: readonly NextLogProbs[],
  best: Hypothesis | null,
  rules: BeamRules,
): { live: Continuation[]; best: Hypothesis | null } {
  const isLast = beams[0]!.tokenIds.length + 1 === rules.maxNewTokens; // then all of them end
  const live: Continuation[] = [];
  let seen = 0;
  // any number of tokens may complete a stop string: as many are looked at as it takes to have enough that do not end
  for (let count = isLast ? rules.beams : Math.max(2, 1 + rules.endings) * rules.beams; ; count *= 2) {
    const found = likeliest(beams, next, count);
    for (const one of found.slice(seen)) {
      const finish = rules.finishOf(one.tokenIds);
      if (finish === null) {
        if (live.length < rules.beams) live.push(one);
      } else if (seen < rules.beams) {
        const value = valueOf(one.score, one.tokenIds.length, rules);
        if (!best || value > best.value) best = { ...one, finish, value };
      }
      seen += 1;
    }
    if (isLast || live.length === rules.beams || found.length < count) break;
  }
  return best && live[0] && best.value >= attainable(live[0], rules) ? { live: [], best } : { live, best };
}

const valueOf = (score: number, length: number, { lengthPenalty }: BeamRules): number =>
  score / length ** lengthPenalty;

/** The largest value that what continues a beam may have: its score only falls. */
const attainable = ({ score, tokenIds }: Beam, rules: BeamRules): number =>
  valueOf(score, rules.lengthPenalty > 0 ? rules.maxNewTokens : tokenIds.length, rules);

/** The best continuations, best first; of equal ones that of the earlier beam, then that with the lower token. */
function likeliest(beams: readonly Beam[], next: readonly NextLogProbs[], count: number): Continuation[] {
  const found: { from: number; token: number; score: number }[] = [];
  beams.forEach(({ score: before }, from) => {
    next[from]!.compared.forEach((logProb, token) => {
      const score = before + logProb;
      if (score === -Infinity || (found.length === count && score <= found[count - 1]!.score)) return;
      let place = found.length;
      while (place > 0 && found[place - 1]!.score < score) place -= 1;
      found.splice(place, 0, { from, token, score });
      if (found.length > count) found.pop();
    });
  });
  return found.map(({ from, token, score }) => ({
    from,
    tokenIds: [...beams[from]!.tokenIds, token],
    score,
    logProbNats: beams[from]!.logProbNats + next[from]!.guided[token]!,
  }));
}
