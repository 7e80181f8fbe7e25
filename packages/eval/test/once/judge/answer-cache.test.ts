import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openAnswerCache, type JudgeAnswer } from "../../../src/index.ts";
import { expectRefusal } from "../../support/refusal.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(async () => folder.remove());

const said = (text: string): JudgeAnswer => ({ text, promptTokens: 3, completionTokens: null, model: "m" });
const questions = ["one", "two", "ü\nthree"];

async function filled(name: string): Promise<string> {
  const path = join(folder.path, name);
  const cache = await openAnswerCache(path);
  await Promise.all(questions.map((question) => cache.add("judge", question, said(question))));
  await cache.close();
  return path;
}

test("answers come back by judge and question, also those that were added at once", async () => {
  const cache = await openAnswerCache(await filled("whole.jsonl"));
  expect(questions.map((question) => cache.get("judge", question))).toEqual(questions.map(said));
  expect(cache.get("another judge", "one")).toBeUndefined();
  expect(cache.get("judge", "four")).toBeUndefined();
  await cache.close();
});

test("wherever a killed writer cut the file, whole lines are kept and the next answer is written soundly", async () => {
  const whole = await readFile(await filled("cut.jsonl"));
  const path = join(folder.path, "cut.jsonl");
  for (let length = 0; length <= whole.length; length += 7) {
    // 7: every kind of place, in fewer steps
    await writeFile(path, whole.subarray(0, length));
    const kept = Math.max(0, whole.subarray(0, length).toString().split("\n").length - 2); // heading, rest
    const cut = await openAnswerCache(path);
    expect(questions.filter((question) => cut.get("judge", question)).length, `${length} bytes`).toBe(kept);
    await cut.add("judge", "next", said("next"));
    await cut.close();
    const again = await openAnswerCache(path);
    expect(again.get("judge", "next")).toEqual(said("next"));
    await again.close();
  }
});

test("a file of another kind is refused and left as it is", async () => {
  const path = join(folder.path, "scores.jsonl");
  await writeFile(path, '["hash",1]\n{"half');
  await expectRefusal(() => openAnswerCache(path), "judge-cache-invalid", path);
  expect(await readFile(path, "utf8")).toBe('["hash",1]\n{"half');
});

test("damage before the last line is refused by its line: answers cost money", async () => {
  const path = await filled("damaged.jsonl");
  const lines = (await readFile(path, "utf8")).split("\n");
  lines[2] = lines[2]!.slice(5);
  await writeFile(path, lines.join("\n"));
  await expectRefusal(() => openAnswerCache(path), "json-lines-invalid", "damaged.jsonl:3");
});
