import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEngine } from "@uniarm/core";
import { RewardModelConfig } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { openEncoderModel } from "../../src/reward-models/encoder-model.ts";
import { openRewardModel } from "../../src/reward-models/open.ts";
import { combinationsOf, writeDrawnEncoder, type DrawnEncoder } from "../support/drawn-encoder.ts";

interface Combination extends DrawnEncoder {
  rows: { ids: number[]; types: number[] | null }[];
  logits: number[][];
}
interface Refusal {
  config: DrawnEncoder["config"];
  refused: string;
}
interface Pairs extends DrawnEncoder {
  processor: string;
  tokenizer: object;
  texts: { prompt: string; response: string; ids: number[]; score: number }[];
}

const lines = combinationsOf<Combination | Refusal>("encoders.jsonl");
const computed = lines.filter((line): line is Combination => "logits" in line);
const refused = lines.filter((line): line is Refusal => "refused" in line);
const classOf = ({ config }: { config: DrawnEncoder["config"] }): string => config.architectures[0]!;
const classes = [...new Set(computed.map(classOf))];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  await openEngine();
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

test("there are 80 and more combinations over eight classes, and at least 80 % of all are computed", () => {
  expect(classes).toHaveLength(8);
  expect(computed.length).toBeGreaterThanOrEqual(80);
  expect(computed.length / lines.length).toBeGreaterThan(0.8);
});

test.each(classes)("random configs of %s give the reference's scores, alone and in a padded batch", async (name) => {
  for (const [place, combination] of computed.filter((line) => classOf(line) === name).entries()) {
    const path = join(folder.path, `${name}-${place}`);
    await writeDrawnEncoder(path, combination);
    const model = await openEncoderModel(path);
    const rows = combination.rows.map(({ ids, types }) => ({ ids, types: types ?? undefined }));
    const [together, alone] = [await model.score(rows), await model.score([rows[1]!])];
    model.dispose();
    const shown = `${name} ${place}: ${JSON.stringify(combination.config)}`;
    expect(largestDifference(together, combination.logits), shown).toBeLessThanOrEqual(1e-4);
    expect(largestDifference(alone, [combination.logits[1]!]), shown).toBeLessThanOrEqual(1e-4);
  }
});

test.each(refused.map((line) => [classOf(line), line.refused, line] as const))(
  "a %s that asks for another %s is refused by that key",
  async (_, key, { config }) => {
    const path = join(folder.path, `refused-${key}-${refused.findIndex((line) => line.config === config)}`);
    await writeDrawnEncoder(path, { config });
    await expect(openEncoderModel(path)).rejects.toMatchObject({
      code: "model-unsupported",
      message: expect.stringMatching(
        new RegExp(`config.json sets \\S*${key} to .*, which is not computed; computed is`),
      ) as string,
    });
  },
);

test.each(
  combinationsOf<Pairs>("encoder-pairs.jsonl").map((pairs) => [classOf(pairs), pairs.processor, pairs] as const),
)("%s with %s reads and scores prompt and response as tokenizer(prompt, response) does", async (name, _, pairs) => {
  const path = join(folder.path, `pairs-${name}`);
  await writeDrawnEncoder(path, pairs, pairs.tokenizer);
  const model = await openRewardModel(RewardModelConfig.parse({ objective: "good", model: path, format: "pair" }));
  const read = pairs.texts.map(({ prompt, response }) => model.read(prompt, response));
  const scores = await model.score(read);
  model.dispose();
  expect(read.map(({ ids }) => ids)).toEqual(pairs.texts.map(({ ids }) => ids));
  const expected = pairs.texts.map(({ score }) => [score]);
  expect(
    largestDifference(
      scores.map((score) => [score]),
      expected,
    ),
  ).toBeLessThanOrEqual(1e-4);
});

function largestDifference(actual: readonly (readonly number[])[], expected: readonly (readonly number[])[]): number {
  expect(actual.map((row) => row.length)).toEqual(expected.map((row) => row.length));
  return Math.max(...actual.flatMap((row, index) => row.map((value, at) => Math.abs(value - expected[index]![at]!))));
}
