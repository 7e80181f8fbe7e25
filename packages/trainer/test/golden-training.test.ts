import { afterAll, beforeAll, expect, test } from "vitest";
import { disposeTransformer, loadTransformer, tf, type Adapter, type Transformer } from "@uniarm/core";
import { expectNoTensorLeak } from "@uniarm/core/testing";
import { createAdamW, learningRateAt } from "../src/index.ts";
import { pairGradients, trainStep, type StepReport } from "../src/step.ts";
import {
  golden,
  goldenAdapter,
  goldenLoss,
  goldenOptimizer,
  goldenPath,
  goldenSteps,
  goldenTensors,
  type Scenario,
} from "./golden.ts";

const { tolerance } = golden;
const optimizer = goldenOptimizer();

let model: Transformer;
beforeAll(async () => {
  model = await loadTransformer(goldenPath("models/llama"));
});
afterAll(() => {
  disposeTransformer(model);
});

test("there are 16 reference runs: three adapter forms, two global losses, accumulation, a preference per row", () => {
  expect(Object.keys(golden.scenarios)).toHaveLength(16);
});

test.each(Object.entries(golden.scenarios))(
  "training %s gives the reference's losses, norms, gradients and tensors",
  async (_, scenario) => {
    await expectNoTensorLeak(async () => {
      const adapter = await goldenAdapter(scenario, model.config);
      const adamW = createAdamW(adapter.tensors, optimizer);
      const steps = goldenSteps(scenario);
      if (scenario.gradients) await expectFirstGradients(adapter, scenario);
      for (const [step, microBatches] of steps.entries()) {
        const learningRate = learningRateAt(step, steps.length, optimizer);
        const rates = { learningRate, maxGradNorm: optimizer.maxGradNorm };
        const report = await trainStep(model, { adapter, optimizer: adamW }, microBatches, goldenLoss(scenario), rates);
        const expected = scenario.steps[step]!;
        expect(Math.abs(learningRate - expected.learning_rate)).toBeLessThanOrEqual(tolerance.learning_rate_abs);
        expectReport(report, expected, scenario);
      }
      await expectTensors(adapter, scenario.final);
      adamW.dispose();
      adapter.dispose();
    });
  },
);

function expectReport(
  { gradientNorm, microBatches }: StepReport,
  expected: Scenario["steps"][number],
  scenario: Scenario,
): void {
  const mean = microBatches.reduce((sum, { loss }) => sum + loss, 0) / microBatches.length;
  expectRelative(mean, expected.loss, tolerance.loss_rel);
  expectRelative(gradientNorm, expected.grad_norm, tolerance.grad_norm_rel);
  expected.micro_batches.forEach((micro, index) => {
    const { loss, objectiveLosses, globalLoss, sequenceLogProbs } = microBatches[index]!;
    expectRelative(loss, micro.loss, tolerance.loss_rel);
    scenario.objectives.forEach((name, column) => {
      expectRelative(objectiveLosses[column]!, micro.objective_losses[name]!, tolerance.loss_rel);
    });
    if (micro.global_loss !== undefined) expectRelative(globalLoss ?? NaN, micro.global_loss, tolerance.loss_rel);
    const sums = [0, 1].flatMap((side) => micro.sequence_logprobs.map((pair) => pair[side]!));
    sums.forEach((sum, row) =>
      expect(Math.abs(sequenceLogProbs[row]! - sum)).toBeLessThanOrEqual(tolerance.sequence_logprobs_abs),
    );
  });
}

/** Those of the very first micro-batch, before any accumulation. */
async function expectFirstGradients(adapter: Adapter, scenario: Scenario): Promise<void> {
  const { gradients, objectives } = pairGradients(
    model,
    adapter,
    goldenSteps(scenario)[0]!.slice(0, 1),
    goldenLoss(scenario),
  );
  const expected = await goldenTensors(scenario.gradients!);
  const largest = Math.max(...Object.values(expected).map((values) => Math.max(...values.map(Math.abs))));
  expect(Object.keys(gradients).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, gradient] of Object.entries(gradients)) {
    const difference = largestDifference(await gradient.data(), expected[name]!);
    expect(difference / largest, name).toBeLessThanOrEqual(tolerance.gradients_rel_to_largest);
  }
  tf.dispose(gradients);
  for (const tensor of objectives.flatMap((objective) => Object.values(objective) as (tf.Tensor | null)[]))
    tensor?.dispose();
}

async function expectTensors(adapter: Adapter, path: string): Promise<void> {
  const expected = await goldenTensors(path);
  expect(Object.keys(adapter.tensors).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, variable] of Object.entries(adapter.tensors)) {
    expect(largestDifference(await variable.data(), expected[name]!), name).toBeLessThanOrEqual(
      tolerance.final_tensors_abs,
    );
  }
}

function expectRelative(actual: number, expected: number, relative: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
}

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let largest = 0;
  for (let index = 0; index < expected.length; index++)
    largest = Math.max(largest, Math.abs(actual[index]! - expected[index]!));
  return largest;
}
