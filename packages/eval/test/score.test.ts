import type { Generation, ObjectiveList, Scorer } from "@uniarm/core/schema";
import { Score } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { score } from "../src/index.ts";
import { answerOf } from "./support/answers.ts";
import { expectRefusal } from "./support/refusal.ts";

const objectives: ObjectiveList = [
  { name: "length", description: "Say much.", direction: "maximize" },
  { name: "vowels", description: "Avoid vowels.", direction: "minimize" },
];

const generationOf = (text: string, index = 0): Generation =>
  answerOf(`p${index}`, text, { prompt: `prompt ${index}` });

const scorer: Scorer = (requests) =>
  Promise.resolve(
    requests.map(({ response }) => ({
      length: response.length,
      vowels: response.replace(/[^aeiou]/g, "").length,
      other: 7,
    })),
  );

test("a minimised objective is negated, so that larger is better; objectives not asked for are left out", async () => {
  const scores = await collect(score([generationOf("audio"), generationOf("xyz", 1)], scorer, objectives));
  expect(scores.map(({ rewards }) => rewards)).toEqual([
    { length: 5, vowels: -4 },
    { length: 3, vowels: 0 },
  ]);
  expect(Object.is(scores[1]!.rewards.vowels, 0)).toBe(true);
  for (const one of scores) Score.parse(one);
});

test("scores keep prompt, preference, sample and number format, and the stratum that is given", async () => {
  const given = { ...generationOf("a", 4), baseWeights: "bfloat16" };
  const [one] = await collect(score([given], scorer, objectives, ({ prompt }) => prompt.slice(0, 6)));
  expect(one).toMatchObject({
    promptId: "p4",
    preference: [0.5, 0.5],
    sample: 0,
    baseWeights: "bfloat16",
    stratum: "prompt",
  });
});

test("many generations are scored in calls of a bounded size, in order", async () => {
  const sizes: number[] = [];
  const counting: Scorer = (requests) => {
    sizes.push(requests.length);
    return scorer(requests);
  };
  const scores = await collect(
    score(
      Array.from({ length: 600 }, (_, index) => generationOf("a".repeat(index), index)),
      counting,
      objectives,
    ),
  );
  expect(sizes).toEqual([256, 256, 88]);
  expect(scores.map(({ rewards }) => rewards.length)).toEqual(Array.from({ length: 600 }, (_, index) => index));
});

test("generations may come from a stream", async () => {
  async function* stream(): AsyncGenerator<Generation> {
    await Promise.resolve();
    yield generationOf("abc");
  }
  expect(await collect(score(stream(), scorer, objectives))).toHaveLength(1);
});

test("a scorer that leaves out an objective, a response, or a number is refused", async () => {
  const refused = (answer: Record<string, number>[], code: string, ...parts: string[]): Promise<void> =>
    expectRefusal(
      () => collect(score([generationOf("a", 3)], () => Promise.resolve(answer), objectives)),
      code,
      ...parts,
    );
  await refused(
    [{ length: 1 }],
    "scorer-objective-missing",
    'gave no "vowels" for prompt "p3", sample 0: it named [length]',
    "[length, vowels]",
  );
  await refused([{ length: 1, vowels: NaN }], "scorer-not-finite", 'gave vowels = NaN for prompt "p3"');
  await refused([], "scorer-count", "given 1 responses and gave 0 records");
});
