import type { Adapter } from "../../src/adapters/adapter.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { objectiveGeometry } from "../../src/adapters/objective-geometry.ts";
import type { AdapterConfig } from "../../src/schema/adapter.ts";
import { createRandom } from "../../src/tensor/random.ts";
import { TINY_CONFIG } from "../../src/testing/index.ts";
import { drawTensors } from "./draw-tensors.ts";

const OBJECTIVES = 3;

/** One for each of the three objectives, as wide as given. */
export const objectiveVectors = (width: number): number[][] => {
  const random = createRandom(11);
  return objectiveGeometry(
    Array.from({ length: OBJECTIVES }, () => Array.from({ length: width }, () => random.normal())),
    "simplex",
  );
};

/** An adapter of the tiny model, for three objectives, before any training. */
export const fresh = (config: AdapterConfig, seed = 1): Adapter =>
  createAdapter(config, TINY_CONFIG, {
    objectiveCount: OBJECTIVES,
    random: createRandom(seed),
    objectiveVectors: objectiveVectors(TINY_CONFIG.hiddenSize),
  });

/** As after training: every tensor has moved. */
export function moved(config: AdapterConfig, seed = 2): Adapter {
  const adapter = fresh(config);
  drawTensors(adapter, 0.4, (name) => createRandom(seed).fork(name));
  return adapter;
}
