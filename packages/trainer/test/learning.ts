import { AdapterConfig, LINEAR_MODULES, methodOf, type Method, type RunEvent } from "@uniarm/core/schema";
import type { TrainingConfig } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import { OBJECTIVES } from "./tiny-run.ts";

/** Policies for these are tuned on one objective each, against no other. */
export const CORNERS = [
  [1, 0],
  [0, 1],
];

/** Settings with which a method learns the tiny pairs: all linear modules adapted, a high rate. */
export const learning = (method: Method, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  method,
  adapter: AdapterConfig.parse({ kind: methodOf(method).adapter, targets: LINEAR_MODULES }),
  steps: 40,
  batchPairs: 16,
  beta: 1,
  optimizer: { learningRate: 0.015, warmupSteps: 4 },
  ...(method === "modpo" ? { weightVectors: CORNERS } : {}),
  ...changes,
});

export const metricsOf = (events: readonly RunEvent[]): Record<string, number>[] =>
  events.flatMap((event) => (event.type === "metric" ? [event.values] : []));

/** Share of held-out conflicts that are ordered rightly at each objective's own corner, at the end of a run. */
export async function accuracyAtCorners(config: TrainingConfig): Promise<number[]> {
  const values = metricsOf(await collect(train(config))).at(-1)!;
  return OBJECTIVES.map(({ name }) => values[`validation/conflictAccuracy/${name}`]!);
}
