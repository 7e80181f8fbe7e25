import type { Agreement } from "@uniarm/core/schema";
import type { Judged } from "./judge-pairs.ts";
import type { ScorerPreferences } from "./scorer-preferences.ts";

/** Per objective, whether the judge prefers what the scorer scores higher; pairs on which one prefers nothing are counted apart. */
export function agreementWith(scorer: ScorerPreferences, { verdicts }: Judged): Agreement[] {
  return [...scorer].map(([objective, preferences]) => {
    const cases = verdicts
      .filter(({ verdict }) => verdict.objective === objective)
      .map(({ verdict, pair }) => ({ judge: verdict.outcome, scorer: preferences.get(pair)! }));
    const decided = cases.filter(({ judge }) => judge === "win" || judge === "loss");
    const both = decided.filter((one) => one.scorer !== 0);
    return {
      objective,
      ...kappaOf(both.map((one) => [one.judge === "win", one.scorer > 0])),
      judgeTies: cases.filter(({ judge }) => judge === "tie").length,
      scorerTies: decided.length - both.length,
      failed: cases.filter(({ judge }) => judge === "failed").length,
    };
  });
}

/** Share of equal votes, and Cohen's kappa: (share - chance) / (1 - chance), chance from how often each says yes. */
export function kappaOf(votes: readonly (readonly [boolean, boolean])[]): Pick<Agreement, "pairs" | "share" | "kappa"> {
  const pairs = votes.length;
  if (pairs === 0) return { pairs, share: null, kappa: null };
  const count = (accepts: (vote: readonly [boolean, boolean]) => boolean): number => votes.filter(accepts).length;
  const [one, other] = [count((vote) => vote[0]), count((vote) => vote[1])];
  const share = count((vote) => vote[0] === vote[1]) / pairs;
  // in whole numbers: whether chance is 1 must not hang on rounding
  const chance = (one * other + (pairs - one) * (pairs - other)) / pairs ** 2;
  return { pairs, share, kappa: chance === 1 ? null : (share - chance) / (1 - chance) };
}
