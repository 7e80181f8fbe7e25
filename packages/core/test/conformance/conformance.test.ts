import { beforeAll, describe, expect, test } from "vitest";
import { openEngine, type EngineName } from "../../src/tensor/engine.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import type { ConformanceCase } from "./case.ts";
import { cases } from "./cases/index.ts";
import { difference } from "./compare.ts";
import { forward, gradients, type Answer } from "./evaluate.ts";
import { askOracle, type OracleAnswer } from "./oracle.ts";

let engine: EngineName;
let oracle: Map<string, OracleAnswer>;

beforeAll(async () => {
  engine = (await openEngine()).name;
  oracle = await askOracle(cases);
});

/** Outputs and gradients, on the engine. */
function answers({ run, inputs, differentiable }: ConformanceCase): [outputs: Answer[], gradients: Answer[]] {
  return [forward(run, inputs), differentiable ? gradients(run, inputs, differentiable) : []];
}

const bytes = (all: readonly Answer[]): string[] => all.map(({ values }) => Buffer.from(values.buffer).toString("hex"));

test("every case has a name of its own", () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

describe.each(cases)("$name", (one) => {
  const { inputs, differentiable = [], tolerance, gradientTolerance = tolerance } = one;

  test("the engine agrees with the oracle", () => {
    const expected = oracle.get(one.name)!;
    const [outputs, ours] = answers(one);
    const wrong =
      difference(outputs, expected.outputs, tolerance) ?? difference(ours, expected.gradients, gradientTolerance);
    const known = one.differs?.[engine];
    if (known) expect(wrong, `${engine} no longer differs: remove the note "${known}"`).not.toBeNull();
    else expect(wrong).toBeNull();
  });

  const hasSlopes = differentiable.some((index) => inputs[index]!.values.length > 0);
  if (hasSlopes) {
    test("gradients are those of finite differences", () => {
      const ours = gradients(one.run, inputs, differentiable);
      const { slopes } = oracle.get(one.name)!;
      const wrong = slopes.filter(({ input, element, value, uncertainty }) => {
        const gradient = ours[differentiable.indexOf(input)]!.values[element]!;
        return !(Math.abs(gradient - value) <= uncertainty);
      });
      expect(slopes.length).toBeGreaterThan(0);
      expect(wrong).toEqual([]);
    });
  }

  test("twice gives the same bytes and leaves no tensor", async () => {
    await expectNoTensorLeak(() => {
      const [first, second] = [answers(one), answers(one)];
      expect(bytes(second.flat())).toEqual(bytes(first.flat()));
    });
  });
});
