import { EvaluationConfig, type Score } from "@uniarm/core/schema";
import { evaluate } from "@uniarm/eval";
import { tinyWorldObjectives, tinyWorldProtocol } from "@uniarm/tiny-world";
import type { ArmResult } from "./results.ts";

/** The front of some preferences under tiny-world's protocol for the first objectives; rewards of others are left out. */
export async function frontOf(
  scores: readonly Score[],
  preferences: readonly (readonly number[])[],
  objectives: 2 | 3,
): Promise<ArmResult["old"]> {
  const wanted = new Set(preferences.map((preference) => preference.slice(0, objectives).join()));
  const list = tinyWorldObjectives(objectives);
  const own = scores.flatMap(({ preference, rewards, ...score }): Score[] => {
    const countsNothing = preference!.slice(objectives).every((entry) => entry === 0);
    const kept = preference!.slice(0, objectives);
    if (!countsNothing || !wanted.has(kept.join())) return [];
    return [
      {
        ...score,
        preference: kept,
        rewards: Object.fromEntries(list.map(({ name }) => [name, rewards[name]!])),
      },
    ];
  });
  const config = EvaluationConfig.parse({
    objectives: list,
    ...tinyWorldProtocol(objectives),
    bootstrapResamples: 0,
    permutations: 0,
  });
  for await (const event of evaluate(config, own))
    if (event.type === "report") {
      const { hypervolume, meanInnerProduct } = event.report.front;
      return { hypervolume: hypervolume.value, meanInnerProduct: meanInnerProduct.value };
    }
  throw new Error("an evaluation ended without a report");
}
