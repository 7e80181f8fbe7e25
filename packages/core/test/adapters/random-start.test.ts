import { beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { AdapterConfig, LINEAR_MODULES } from "../../src/schema/adapter.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { TINY_CONFIG } from "../../src/testing/index.ts";
import { fresh, objectiveVectors } from "../support/adapters.ts";

const targets = [...LINEAR_MODULES];

beforeAll(() => openEngine());

describe("the random start", () => {
  const uniArm = (options: object): AdapterConfig =>
    AdapterConfig.parse({ kind: "moslora", rank: 8, alpha: 8, ...options });
  const deviationOf = (values: ArrayLike<number>): number =>
    Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0) / values.length);
  const partsOf = (adapter: Adapter, part: string): Float32Array =>
    Float32Array.from(
      Object.entries(adapter.tensors).flatMap(([name, tensor]) => (name.endsWith(part) ? [...tensor.dataSync()] : [])),
    );

  test("depends on the seed and on a tensor's name, not on which others there are", () => {
    const name = "base_model.model.model.layers.1.self_attn.v_proj.moslora_A";
    const [all, some, other] = [
      fresh(uniArm({ targets })),
      fresh(uniArm({ targets: ["v_proj"] })),
      fresh(uniArm({ targets }), 2),
    ];
    expect(all.tensors[name]!.dataSync()).toEqual(some.tensors[name]!.dataSync());
    expect(all.tensors[name]!.dataSync()).not.toEqual(other.tensors[name]!.dataSync());
    for (const adapter of [all, some, other]) adapter.dispose();
  });

  test.each(["module", "shared"] as const)(
    "the scale of a unit objective vector is 1 + N(0, init), generator %s",
    (modulationGenerator) => {
      for (const modulationInit of [0, 0.5, 1]) {
        const adapter = fresh(uniArm({ targets, modulationGenerator, modulationInit }));
        const p = objectiveVectors(TINY_CONFIG.hiddenSize)[0]!;
        const bottleneck = adapter.tensors["base_model.model.model.moslora_G"];
        const code = bottleneck ? (bottleneck.arraySync() as number[][]) : null;
        const from = code ? code.map((row) => row.reduce((sum, entry, axis) => sum + entry * p[axis]!, 0)) : p;
        const maps = partsOf(adapter, "moslora_Ug");
        const gamma = Array.from({ length: maps.length / from.length }, (_, row) =>
          from.reduce((sum, entry, axis) => sum + entry * maps[row * from.length + axis]!, 0),
        );
        const expected = code ? (modulationInit * Math.hypot(...from)) / Math.sqrt(8) : modulationInit;
        expect(deviationOf(gamma)).toBeGreaterThanOrEqual(0.8 * expected);
        expect(deviationOf(gamma)).toBeLessThanOrEqual(1.2 * expected);
        expect(partsOf(adapter, "moslora_Ud").every((entry) => entry === 0)).toBe(true);
        adapter.dispose();
      }
    },
  );

  test("A is uniform in +-1/sqrt(in); PARM's cores in +-1/sqrt(r1) and +-1/r2; B is zero", () => {
    const adapter = fresh(AdapterConfig.parse({ kind: "pblora", sharedRank: 4, preferenceRank: 4, alpha: 8 }));
    for (const [part, bound] of [
      ["pblora_A", 1 / Math.sqrt(16)],
      ["pblora_W1", 1 / 2],
      ["pblora_W2", 1 / 4],
    ] as const) {
      const values = partsOf(adapter, part);
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest).toBeLessThanOrEqual(bound);
      expect(largest).toBeGreaterThan(0.95 * bound);
      expect(deviationOf(values)).toBeGreaterThan(0.85 * (bound / Math.sqrt(3)));
      expect(deviationOf(values)).toBeLessThan(1.15 * (bound / Math.sqrt(3)));
    }
    expect(partsOf(adapter, "pblora_B").every((entry) => entry === 0)).toBe(true);
    adapter.dispose();
  });

  test("a default UniARM has as many parameters per square module as LoRA of rank 8", () => {
    const count = (config: object): number => {
      const adapter = fresh(AdapterConfig.parse({ ...config, targets: ["q_proj"] }));
      const sum = Object.values(adapter.tensors).reduce((total, tensor) => total + tensor.size, 0);
      adapter.dispose();
      return sum;
    };
    expect(count({ kind: "moslora" })).toBe(count({ kind: "lora" }));
  });
});
