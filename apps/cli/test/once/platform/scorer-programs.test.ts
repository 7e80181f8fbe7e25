import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Generation } from "@uniarm/core/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPlatform, untilRun, type Platform } from "./platform.ts";
import { uniarm } from "./uniarm.ts";

const ANSWERS = 10;
const BATCH = 4;
let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({
    flags: ["--allow-programs", "--slots", "2"],
    environment: { SOME_TOKEN: "secret" },
  });
  const answers = Array.from({ length: ANSWERS }, (_, index) =>
    Generation.parse({
      promptId: `p${index}`,
      prompt: `Question ${index}?`,
      preference: [1],
      sample: 0,
      text: "x".repeat(index),
      tokenIds: [],
      finish: "eos",
      logProbNats: 0,
    }),
  );
  const file = join(platform.folder, "answers.jsonl");
  await writeFile(file, answers.map((answer) => `${JSON.stringify(answer)}\n`).join(""));
  const added = uniarm(platform.folder, ["datasets", "add", "answers", file]);
  expect(added.code, added.err).toBe(0);
}, 120_000);
afterAll(async () => {
  await platform.stop();
  await platform.remove();
});

/** A program that scores one batch, and until it is healed does something else with the second. */
async function program(name: string, misdeed: string): Promise<{ folder: string; config: object }> {
  const folder = join(platform.folder, name);
  await mkdir(folder);
  await writeFile(
    join(folder, "rule.mjs"),
    `import { createInterface } from "node:readline";
     import { appendFileSync, existsSync, writeFileSync } from "node:fs";
     const here = (file) => new URL(file, import.meta.url);
     writeFileSync(here("environment"), JSON.stringify(process.env));
     const say = (value) => process.stdout.write((typeof value === "string" ? value : JSON.stringify(value)) + "\\n");
     for await (const line of createInterface({ input: process.stdin })) {
       const { id, rows } = JSON.parse(line);
       appendFileSync(here("asked"), rows.length + " ");
       if (id === 2 && !existsSync(here("healed"))) { ${misdeed} }
       else say({ id, scores: rows.map(({ response }) => response.length) });
     }`,
  );
  const one = {
    objectives: [{ name: "long" }],
    command: [process.execPath, join(folder, "rule.mjs")],
    batchRows: BATCH,
    timeoutMs: 3000,
    version: "1",
  };
  return { folder, config: { generations: ["dataset:answers"], scorer: { type: "program", programs: [one] } } };
}

test.concurrent.each([
  ["hangs", "", /gave no answer within timeoutMs = 3000/],
  ["crashes", 'process.stderr.write("no rule for this"); process.exit(3);', /exit code 3[^]*no rule for this/],
  ["prints garbage", 'say("well, about four");', /wrote the line "well, about four"/],
  ["answers too few", "say({ id, scores: [1] });", /gave 1 scores for 4 responses/],
  ["answers what is no finite number", 'say(`{"id":${id},"scores":[1,2,1e999,4]}`);', /for response 3 of 4/],
])(
  "a program that %s ends its run with that sentence and the batch; what it scored is not asked for again",
  async (name, misdeed, sentence) => {
    const { folder, config } = await program(name.replaceAll(" ", "-"), misdeed);
    const { id } = await platform.call<{ id: string }>("POST", "/api/runs", { kind: "score", config, useCache: false });
    const failed = await untilRun(platform, id);
    expect(failed.state, failed.reason).toBe("FAILED");
    expect(failed.reason).toMatch(sentence);
    expect(failed.reason).toContain('prompt "p4"'); // with which the batch begins
    const environment = JSON.parse(await readFile(join(folder, "environment"), "utf8")) as Record<string, string>;
    expect(Object.keys(environment).filter((key) => /^UNIARM|TOKEN|KEY|DATABASE|^PG/.test(key))).toEqual([]);

    await writeFile(join(folder, "healed"), "");
    await platform.call("POST", `/api/runs/${id}/resume`);
    const resumed = await untilRun(
      platform,
      id,
      ({ state, attempts }) => attempts.length > 1 && state !== "RUNNING" && state !== "QUEUED",
    );
    expect(resumed.state, resumed.reason).toBe("SUCCEEDED");
    expect(await readFile(join(folder, "asked"), "utf8")).toBe("4 4 4 2 "); // the second batch twice
  },
);
