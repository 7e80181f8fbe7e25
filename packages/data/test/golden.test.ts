import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Message } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { readPairs } from "../src/read-pairs.ts";
import { dataStats } from "../src/stats.ts";
import { readRows } from "../src/files/rows.ts";

interface GoldenPair {
  prompt: string;
  response_a: string;
  response_b: string;
  winners: Record<string, "a" | "b" | null>;
  scores?: Record<string, [number, number]>;
  messages?: Message[];
}
interface Golden {
  files: Record<
    string,
    { format: string; pairs?: GoldenPair[]; prompts?: unknown[]; conflict_rate?: [number, number] }
  >;
}

const folder = join(import.meta.dirname, "golden", "datasets");
const { files } = JSON.parse(readFileSync(join(folder, "expect.json"), "utf8")) as Golden;
const pairFiles = Object.entries(files).flatMap(([file, one]) =>
  one.pairs ? [{ file, ...one, pairs: one.pairs }] : [],
);
const WINNERS = { a: 0, b: 1 } as const;

describe.each(pairFiles)("$file", ({ file, format, pairs, conflict_rate: conflict }) => {
  const expected = pairs.map(({ prompt, response_a, response_b, winners, scores, messages }) => ({
    prompt,
    responses: [response_a, response_b],
    winners: Object.fromEntries(
      Object.entries(winners).map(([name, side]) => [name, side === null ? "tie" : WINNERS[side]]),
    ),
    ...(scores ? { scores } : {}),
    ...(messages ? { messages } : {}),
  }));

  test.each([undefined, format])("gives the reference's pairs, format %s", async (named) => {
    expect(await collect(readPairs(join(folder, file), { format: named }))).toEqual(expected);
  });

  test.runIf(conflict)("has the reference's conflict rate", async () => {
    const { conflictRate } = await dataStats(readPairs(join(folder, file)));
    expect(conflictRate).toBe(conflict![0] / conflict![1]);
  });
});

test("prompts alone are rows, and no pairs", async () => {
  const path = join(folder, "parm-test_prompt_only.json");
  const rows = await collect(readRows(path));
  expect(rows.map(({ value }) => value)).toEqual(files["parm-test_prompt_only.json"]!.prompts);
  await expect(collect(readPairs(path))).rejects.toThrow(
    /:2 is of no known format: its keys are uid, prompt\. Known formats are uniarm/,
  );
});
