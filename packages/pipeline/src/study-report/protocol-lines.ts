import type { StudyReport } from "./study-report.ts";

/** Under what everything was measured, in sentences. */
export function protocolLines({ study, comparison, objectives }: StudyReport): string[] {
  const { normaliser, referencePoint, protocolHash, preferences, prompts, confidence } = comparison;
  const { sampling, maxNewTokens, model, seeds, task } = study;
  return [
    `Objectives, in the order of every preference: ${objectives.map(({ name }) => name).join(", ")}.`,
    `Base model ${model}; ${task.type === "tiny-world" ? `tiny-world, ${task.pairs} pairs` : `pairs ${task.pairs}`}; training seeds ${seeds.join(", ")}.`,
    `${prompts} prompts, ${preferences.length} preferences, at most ${maxNewTokens} new tokens, ${sampling.temperature === 0 ? "greedy" : `temperature ${sampling.temperature}`}.`,
    `Rewards are normalised from nadir (${normaliser.nadir.join(", ")}) to ideal (${normaliser.ideal.join(", ")}); hypervolume is above (${referencePoint.join(", ")}).`,
    `Intervals are of ${Number((100 * confidence).toFixed(2))} %; protocol ${protocolHash.slice(0, 12)}.`,
  ];
}
