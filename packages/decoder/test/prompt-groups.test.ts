import { createRandom } from "@uniarm/core";
import { expect, test } from "vitest";
import { groupsOfSimilarLength } from "../src/prompt-groups.ts";

test("every prompt is in one group, and a group of long prompts holds few columns of padding", () => {
  const random = createRandom(3);
  const lengths = Array.from({ length: 300 }, () => 1 + random.integer(2000));
  const groups = groupsOfSimilarLength(lengths);
  expect(groups.flat().sort((one, other) => one - other)).toEqual([...lengths.keys()]);
  expect(groups.length).toBeLessThan(40);
  for (const group of groups) {
    const [shortest, longest] = [lengths[group[0]!]!, lengths[group.at(-1)!]!];
    expect(shortest >= 0.75 * longest || group.length * longest <= 256).toBe(true);
  }
});

test("a few short prompts are read in one pass, however their lengths differ", () => {
  expect(groupsOfSimilarLength([40, 3, 20, 8])).toEqual([[1, 3, 2, 0]]);
});
