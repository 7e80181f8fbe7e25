import { Fusion, methodOf, type Method } from "@uniarm/core/schema";
import type { StudyMethod } from "./study.ts";

export const methodIn = ({ training }: StudyMethod): Method => (training.method ?? "uniarm") as Method;

/** Adapters that a training of the method makes. */
export function adaptersOf(method: StudyMethod, objectives: number): number {
  const { arms } = methodOf(methodIn(method));
  if (arms !== "per-weights") return arms === "one" ? 1 : objectives;
  const { weightVectors } = method.training;
  return Array.isArray(weightVectors) ? weightVectors.length : 5; // quarters, of two objectives
}

/** Passes of a model for one token of one answer. */
export function passesOf(method: StudyMethod, objectives: number): number {
  const { fusions } = methodOf(methodIn(method));
  const fusion = Fusion.parse(method.decoding?.fusion ?? { rule: fusions[0] });
  if (fusion.rule === "product") return 1 + adaptersOf(method, objectives);
  if (fusion.rule !== "mod") return 1;
  const needsBase = fusion.form === "exact" && fusion.divergence !== "reverse-kl";
  return adaptersOf(method, objectives) + (needsBase ? 1 : 0);
}
