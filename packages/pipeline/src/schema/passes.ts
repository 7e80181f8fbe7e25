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
  return adaptersOf(method, objectives) + (needsBase(fusion) ? 1 : 0);
}

/** Passes of the base model that the method does not need: they say how likely the base finds an answer. */
export function readingPassesOf(method: StudyMethod): number {
  const { fusions } = methodOf(methodIn(method));
  const isSearched = method.decoding?.beams !== undefined; // beam search reads nothing
  return isSearched || needsBase(Fusion.parse(method.decoding?.fusion ?? { rule: fusions[0] })) ? 0 : 1;
}

const needsBase = (fusion: Fusion): boolean =>
  fusion.rule === "product" || (fusion.rule === "mod" && fusion.form === "exact" && fusion.divergence !== "reverse-kl");
