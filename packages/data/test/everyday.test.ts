import { expect, test } from "vitest";
import { EVERYDAY_PARTS, everydayPrompts } from "../src/index.ts";

test("the everyday prompts are 200 different questions, each in one part and under a name of its own", async () => {
  const parts = await Promise.all(EVERYDAY_PARTS.map(everydayPrompts));
  expect(parts.map(({ length }) => length)).toEqual([100, 40, 60]);
  const all = parts.flat();
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z ]/g, "");
  expect(new Set(all.map(({ text }) => plain(text!))).size).toBe(all.length);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});
