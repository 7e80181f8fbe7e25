import { join } from "node:path";
import { loadCheckpoint } from "@uniarm/core";
import type { EvaluationReport } from "@uniarm/core/schema";
import { chooseStrength, type FrontAtStrength } from "@uniarm/eval";
import type { StudyConfig } from "@uniarm/pipeline/schema";
import { measure } from "./measure.ts";
import { STRENGTHS } from "./method-study.ts";
import type { Result } from "./results.ts";

/** The front of a trained method on the test prompts at the strength that does best on validation prompts; null: it was stopped. */
export async function measureBest(
  about: { config: StudyConfig; folder: string; method: string; signal: AbortSignal },
  trainingCpuSeconds: number | null,
): Promise<{ result: Result; protocol: string } | null> {
  const at = (prompts: string, strength: number): Promise<EvaluationReport | null> =>
    measure({ ...about, prompts, strength });
  const fronts: FrontAtStrength[] = [];
  for (const strength of STRENGTHS) {
    const report = await at("tiny-world:validation", strength);
    if (!report) return null;
    fronts.push({ strength, report });
  }
  const { chosen, tried } = chooseStrength(fronts, { by: "sum" });
  const report = await at("tiny-world:100", chosen);
  if (!report) return null;
  const { arms } = await loadCheckpoint(join(about.folder, about.method, "train"));
  const result: Result = {
    name: about.method,
    strength: chosen,
    parameters: arms.flatMap(({ tensors }) => Object.values(tensors)).reduce((sum, { size }) => sum + size, 0),
    passes: 1 + arms.length,
    trainingCpuSeconds,
    hypervolume: report.front.hypervolume.value,
    meanInnerProduct: report.front.meanInnerProduct.value,
    validation: tried.map(({ strength, hypervolume, meanInnerProduct }) => ({
      strength,
      hypervolume,
      meanInnerProduct,
    })),
  };
  for (const arm of arms) arm.dispose();
  return { result, protocol: report.protocolHash };
}
