import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readJsonLines } from "@uniarm/core";
import { Score } from "@uniarm/core/schema";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { scoreStage } from "../src/stages/score.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  const answers = Array.from({ length: 4 }, (_, index) => ({
    promptId: `p${index}`,
    prompt: `Question ${index}?`,
    preference: [1],
    sample: 0,
    text: "x".repeat(index + 1),
    tokenIds: [],
    finish: "eos",
    logProbNats: 0,
  }));
  await writeFile(join(folder, "answers.jsonl"), answers.map((answer) => JSON.stringify(answer)).join("\n"));
});
afterEach(() => remove());

const context = (signal = new AbortController().signal) => ({
  signal,
  folder,
  place: (name: string) => join(folder, name),
});

/** Scores by a module; `body` sees the lengths of a batch of two. */
async function job(body: string): Promise<object> {
  const module = join(folder, "rule.mjs");
  await writeFile(
    module,
    `import { existsSync, writeFileSync } from "node:fs"; import { join } from "node:path";
     const at = (name) => join(import.meta.dirname, name);
     export const score = async (batch) => { const lengths = batch.map(({ response }) => response.length); ${body} return lengths; };`,
  );
  const programs = [{ objectives: [{ name: "long" }], module, batchRows: 2 }];
  return { generations: [join(folder, "answers.jsonl")], scorer: { type: "program", programs } };
}

test("a job whose program fails leaves what was scored to resume from", async () => {
  const failing = await job(`if (lengths[0] === 3 && !existsSync(at("mended"))) throw new Error("no rule for 3");`);
  const types: string[] = [];
  const running = (async () => {
    for await (const { type } of scoreStage(failing, context())) types.push(type);
  })();
  await expect(running).rejects.toThrow(
    'with the error "no rule for 3", in the batch of 2 that begins with prompt "p2"',
  );
  expect(types).toEqual(["resumable"]);
  await writeFile(join(folder, "mended"), "");
  const events = await collect(scoreStage(failing, context()));
  expect(events.at(-1)).toMatchObject({ end: "SUCCEEDED" });
  const scores = await readJsonLines(join(folder, "scores.jsonl"), Score);
  expect(scores.map(({ rewards }) => rewards)).toEqual([{ long: 1 }, { long: 2 }, { long: 3 }, { long: 4 }]);
});

test("a job that is stopped while its program is at work ends as stopped, not as failed", async () => {
  const stop = new AbortController();
  const hanging = await job(`writeFileSync(at("asked"), ""); await new Promise((done) => setTimeout(done, 1e9));`);
  const running = collect(scoreStage(hanging, context(stop.signal)));
  const asked = async (): Promise<void> => {
    while (!stop.signal.aborted && !existsSync(join(folder, "asked"))) await sleep(10);
  };
  await Promise.race([asked(), running.finally(() => stop.abort())]);
  stop.abort();
  expect((await running).at(-1)).toMatchObject({ type: "ended", end: "STOPPED" });
});
