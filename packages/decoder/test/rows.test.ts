import { expect, test } from "vitest";
import { planBatches, randomOf, type DecodingRow, type EncodedPrompt } from "../src/rows.ts";

const prompt = (id: string, tokens: number): EncodedPrompt => ({
  id,
  text: id,
  ids: new Array<number>(tokens).fill(1),
});
const guidances = [
  { preference: [0, 1], coefficients: [1] },
  { preference: [1, 0], coefficients: [1] },
];
const named = ({ prompt: { id }, preference, sample }: DecodingRow): string => `${id} ${preference?.join()} ${sample}`;

test("rows are prompts x preferences x samples, those of one prompt side by side", () => {
  const [batch] = planBatches([prompt("a", 3), prompt("b", 3)], guidances, 2, 100);
  expect(batch!.map(named)).toEqual([
    "a 0,1 0",
    "a 0,1 1",
    "a 1,0 0",
    "a 1,0 1",
    "b 0,1 0",
    "b 0,1 1",
    "b 1,0 0",
    "b 1,0 1",
  ]);
});

test("prompts of similar length share a batch, and no batch is larger than asked", () => {
  const prompts = [prompt("long", 9), prompt("short", 2), prompt("longer", 10), prompt("other", 2)];
  const batches = planBatches(prompts, guidances, 1, 4);
  expect(batches.map((rows) => [...new Set(rows.map((row) => row.prompt.id))])).toEqual([
    ["short", "other"],
    ["long", "longer"],
  ]);
  expect(planBatches(prompts, guidances, 1, 3).map((rows) => rows.length)).toEqual([3, 3, 2]);
});

test("each row has its own stream, the same in every batch", () => {
  const rows = planBatches([prompt("a", 3), prompt("b", 3)], guidances, 2, 100).flat();
  const first = rows.map((row) => randomOf(row, 5).uniform());
  expect(new Set(first).size).toBe(rows.length);
  expect(
    planBatches([prompt("b", 3), prompt("a", 3)], guidances, 2, 1)
      .flat()
      .map((row) => randomOf(row, 5).uniform())
      .sort(),
  ).toEqual(first.sort());
  expect(rows.map((row) => randomOf(row, 6).uniform())).not.toEqual(first);
});
