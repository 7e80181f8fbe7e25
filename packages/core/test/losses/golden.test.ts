import { beforeAll, describe, expect, test } from "vitest";
import { pairLoss, type GlobalTerm } from "../../src/losses/pair-loss.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import * as tf from "../../src/tensor/tf.ts";
import { readGolden } from "../support/golden.ts";

interface MicroBatch {
  loss: number;
  sequence_logprobs: [number, number][];
  objective_losses: Record<string, number>;
  global_loss?: number;
}
interface Scenario {
  objectives: string[];
  beta: number[];
  beta_global: number | null;
  lambda: number;
  global_loss: "G1" | "G2" | null;
  per_row: boolean;
  data: string;
  steps: { micro_batches: MicroBatch[] }[];
}
interface Data {
  micro_batches: {
    preference: number[];
    preference_per_row: number[][];
    pairs: { scores: [number, number][]; winners: (0 | 1)[] }[];
  }[];
}

const golden = readGolden<{ tolerance: { loss_rel: number }; scenarios: Record<string, Scenario> }>(
  "training/expect.json",
);
/** The reference prints log-probabilities with 7 digits: on a difference of two of them that is at most this much, nats. */
const PRINTED_NATS = 1e-5;

beforeAll(async () => {
  await openEngine();
});

describe.each(Object.entries(golden.scenarios))("the reference's scenario %s", (_, scenario) => {
  const data = readGolden<Data>(`training/${scenario.data}`);
  const { objectives, beta, global_loss: kind } = scenario;
  const sharpest = Math.max(...beta, scenario.beta_global ?? 0);

  test("losses of its stored log-probabilities", () => {
    const expected = scenario.steps.flatMap((step) => step.micro_batches);
    expect(expected).toHaveLength(data.micro_batches.length);
    expected.forEach((micro, index) => {
      const { preference, preference_per_row: perRow, pairs } = data.micro_batches[index]!;
      const global: GlobalTerm | null = kind && { kind, weight: scenario.lambda, beta: scenario.beta_global! };
      tf.tidy(() => {
        const { loss, objectiveLosses, globalLoss } = pairLoss({
          difference: tf.tensor1d(micro.sequence_logprobs.map(([first, second]) => first - second)),
          preference: tf.tensor2d(scenario.per_row ? perRow : pairs.map(() => preference)),
          signs: tf.tensor2d(pairs.map(({ winners }) => winners.map((winner) => (winner === 0 ? 1 : -1)))),
          margins: tf.tensor2d(pairs.map(({ scores }) => scores.map(([first, second]) => first - second))),
          betas: beta,
          ...(global ? { global } : {}),
        });
        const close = (actual: number, value: number): void => {
          expect(Math.abs(actual - value)).toBeLessThan(
            golden.tolerance.loss_rel * Math.abs(value) + sharpest * PRINTED_NATS,
          );
        };
        close(loss.arraySync(), micro.loss);
        objectives.forEach((name, column) => {
          close(objectiveLosses.arraySync()[column]!, micro.objective_losses[name]!);
        });
        if (micro.global_loss !== undefined) close(globalLoss!.arraySync(), micro.global_loss);
      });
    });
  });
});
