import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProgramConfig } from "@uniarm/core/schema";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { openScorers, score } from "../../src/index.ts";
import { programEnvironment } from "../../src/programs/environment.ts";
import { answerOf } from "../support/answers.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const generations = Array.from({ length: 10 }, (_, index) =>
  answerOf(`p${index}`, "x".repeat(index), { prompt: `Question ${index}?` }),
);

/** A program in Node: `answer` turns rows into what is said, and sees `id`. */
async function program(body: string, more: object = {}): Promise<ProgramConfig> {
  await writeFile(
    join(folder, "rule.mjs"),
    `import { createInterface } from "node:readline";
     import { appendFileSync, existsSync, renameSync, writeFileSync } from "node:fs";
     import { spawn } from "node:child_process";
     const say = (value) => process.stdout.write(JSON.stringify(value) + "\\n");
     for await (const line of createInterface({ input: process.stdin })) {
       const { id, objectives, rows } = JSON.parse(line);
       ${body}
     }`,
  );
  return ProgramConfig.parse({
    objectives: [{ name: "short", direction: "minimize" }],
    command: [process.execPath, "rule.mjs"],
    folder,
    batchRows: 4,
    ...more,
  });
}

async function module_(source: string, more: object = {}): Promise<ProgramConfig> {
  await writeFile(join(folder, "rule-module.mjs"), source);
  return ProgramConfig.parse({ objectives: [{ name: "short" }], module: "rule-module.mjs", folder, ...more });
}

async function rewardsOf(config: ProgramConfig, options: { cache?: string; signal?: AbortSignal } = {}) {
  const opened = await openScorers({ programs: [config] }, options);
  try {
    const objectives = opened.objectives.map((objective) => ({ ...objective, description: objective.name }));
    const scores = await collect(score(generations, opened.score, objectives));
    return { rewards: scores.map(({ rewards }) => rewards), counts: opened.counts };
  } finally {
    await opened.dispose();
  }
}

/** The sentence that a program is refused with. */
const refusalOf = (config: ProgramConfig): Promise<string> =>
  rewardsOf(config).then(
    () => "nothing was refused",
    (error: unknown) => `${(error as { code: string }).code}: ${(error as Error).message}`,
  );

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** Resolves when the process is gone. */
async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(10);
}
const LENGTHS = "say({ id, scores: rows.map(({ response }) => response.length) });";

describe("a command", () => {
  test("is asked in batches, its direction is turned once, and what it scored is not asked for again", async () => {
    const config = await program(`appendFileSync("asked", rows.length + " "); ${LENGTHS}`);
    const cache = join(folder, "cache.jsonl");
    const first = await rewardsOf(config, { cache });
    expect(first.rewards.map(({ short }) => short)).toEqual([0, -1, -2, -3, -4, -5, -6, -7, -8, -9]);
    expect(first.counts).toMatchObject({ scored: 10, cached: 0 });
    expect(await rewardsOf(config, { cache })).toMatchObject({
      rewards: first.rewards,
      counts: { scored: 0, cached: 10 },
    });
    expect(await readFile(join(folder, "asked"), "utf8")).toBe("4 4 2 ");
  });

  test("that was changed scores anew", async () => {
    const cache = join(folder, "cache.jsonl");
    await rewardsOf(await program(LENGTHS), { cache });
    const doubled = await program("say({ id, scores: rows.map(({ response }) => 2 * response.length) });");
    expect((await rewardsOf(doubled, { cache })).rewards[9]).toEqual({ short: -18 });
  });

  test("scores several objectives at once, in their order", async () => {
    const config = await program(
      "say({ id, scores: rows.map(({ prompt, response }) => [response.length, prompt.length]) });",
      {
        objectives: [{ name: "short", direction: "minimize" }, { name: "asked" }],
      },
    );
    expect((await rewardsOf(config)).rewards[3]).toEqual({ short: -3, asked: 11 });
  });

  test("sees nothing of our environment but where its tools are and its language", async () => {
    process.env.UNIARM_KEY = "secret-key";
    process.env.SOME_TOKEN = "secret-token";
    try {
      await rewardsOf(await program(`writeFileSync("environment", JSON.stringify(process.env)); ${LENGTHS}`));
    } finally {
      delete process.env.UNIARM_KEY;
      delete process.env.SOME_TOKEN;
    }
    const seen = JSON.parse(await readFile(join(folder, "environment"), "utf8")) as Record<string, string>;
    expect(seen.PATH).toBe(process.env.PATH);
    const shells = ["PWD", "OLDPWD", "SHLVL", "_"];
    const allowed = new Set([...Object.keys(programEnvironment(process.env)), ...shells]);
    expect(Object.keys(seen).filter((name) => !allowed.has(name))).toEqual([]);
    expect(JSON.stringify(seen)).not.toContain("secret");
  });

  test.each([
    [
      "hangs",
      "console.error('thinking');",
      "scorer-program-timeout",
      "gave no answer within timeoutMs = 700",
      "thinking",
    ],
    [
      "crashes",
      "console.error('no such rule'); process.exit(3);",
      "scorer-program-failed",
      "ended with exit code 3",
      "no such rule",
    ],
    [
      "prints garbage",
      "console.log('Loading...');",
      "scorer-program-answer",
      `wrote the line "Loading..."`,
      "nothing on standard error",
    ],
    ["gives too few", "say({ id, scores: [1] });", "scorer-program-answer", "gave 1 scores for 4 responses", ""],
    [
      "gives too many",
      "say({ id, scores: [1, 2, 3, 4, 5] });",
      "scorer-program-answer",
      "gave 5 scores for 4 responses",
      "",
    ],
    [
      "gives no number",
      "say({ id, scores: [1, NaN, 3, 4] });",
      "scorer-program-answer",
      "gave null for response 2 of 4",
      "",
    ],
    [
      "answers another request",
      "say({ id: id + 1, scores: [1, 2, 3, 4] });",
      "scorer-program-answer",
      "answered with id 2 in place of 1",
      "",
    ],
    [
      "says why it cannot",
      "say({ id, error: 'no model' });",
      "scorer-program-failed",
      `answered with the error "no model"`,
      "",
    ],
  ])("that %s is refused with the objective, the batch and its last words", async (_, body, code, what, errors) => {
    const message = await refusalOf(await program(body, { timeoutMs: code.endsWith("timeout") ? 700 : 60_000 }));
    expect(message).toContain(`${code}: The program that scores "short" (`);
    expect(message).toContain(`${what}, in the batch of 4 that begins with prompt "p0"`);
    expect(message).toContain(
      `Expected one line {"id": 1, "scores": [...]} with a finite number for each of its 4 responses`,
    );
    expect(message).toContain(errors);
  });

  test("that does not exist is refused with the shell's own words", async () => {
    const config = ProgramConfig.parse({ objectives: [{ name: "short" }], command: ["no-such-program"], folder });
    expect(await refusalOf(config)).toMatch(/ended with exit code 127[^]*no-such-program/);
    expect(await refusalOf({ ...config, folder: join(folder, "nowhere") })).toContain("could not be started");
  });

  test("that writes much on standard error is scored, and its last lines alone are shown", async () => {
    const noise = `for (let n = 0; n < 20000; n++) console.error("noise " + n);`;
    expect((await rewardsOf(await program(`${noise} ${LENGTHS}`))).rewards).toHaveLength(10);
    const message = await refusalOf(
      await program(`${noise} await new Promise(() => process.stderr.write("", () => process.exit(1)));`),
    );
    expect(message).toContain("noise 19999");
    expect(message.length).toBeLessThan(2000);
  });

  test("that fails loses no batch that was scored: the next run begins with the one that failed", async () => {
    const body = `if (rows[0].response.length === 4 && !existsSync("mended")) process.exit(1);
      appendFileSync("asked", rows[0].response.length + " "); ${LENGTHS}`;
    const config = await program(body);
    const cache = join(folder, "cache.jsonl");
    await expect(rewardsOf(config, { cache })).rejects.toThrow(`begins with prompt "p4"`);
    await writeFile(join(folder, "mended"), "");
    expect((await rewardsOf(config, { cache })).counts).toMatchObject({ scored: 6, cached: 4 });
    expect(await readFile(join(folder, "asked"), "utf8")).toBe("0 4 8 ");
  });

  const CHILD = `const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
    writeFileSync("pids.new", JSON.stringify([process.pid, child.pid]));
    renameSync("pids.new", "pids");`; // whole, or not there
  const pids = async (): Promise<number[]> => JSON.parse(await readFile(join(folder, "pids"), "utf8")) as number[];

  test.each([
    ["at the end of the scoring", LENGTHS, 60_000],
    ["when it takes too long", "", 1500],
    ["when it crashes", "process.exit(1);", 60_000],
  ])("is ended with all that it started %s", async (_, body, timeoutMs) => {
    await rewardsOf(await program(`if (!existsSync("pids")) { ${CHILD} } ${body}`, { timeoutMs })).catch(
      () => undefined,
    );
    for (const pid of await pids()) await gone(pid);
  });

  test("is ended with all that it started when the scoring is stopped", async () => {
    const stop = new AbortController();
    const scoring = rewardsOf(await program(CHILD), { signal: stop.signal });
    const refused = expect(scoring).rejects.toMatchObject({ code: "scorer-program-stopped" });
    const started = async (): Promise<void> => {
      while (!stop.signal.aborted && !existsSync(join(folder, "pids"))) await sleep(10);
    };
    await Promise.race([started(), refused.finally(() => stop.abort())]);
    stop.abort();
    await refused;
    for (const pid of await pids()) await gone(pid);
  });
});

test("a program ends with all that it started also when this process is killed", async () => {
  const config = await program(
    `const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
     writeFileSync("pids.new", JSON.stringify([process.pid, child.pid])); renameSync("pids.new", "pids"); say({ id, scores: [] }); await new Promise(() => {});`,
  );
  const source = join(import.meta.dirname, "../../src/programs/conversation.ts");
  const asking = `import { converse } from ${JSON.stringify(source)};
    await converse(${JSON.stringify(config.command)}, { folder: ${JSON.stringify(folder)} }).ask('{"id":1,"rows":[]}', 60000);
    process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", asking], { encoding: "utf8" });
  expect(signal).toBe("SIGKILL");
  for (const pid of JSON.parse(await readFile(join(folder, "pids"), "utf8")) as number[]) await gone(pid);
});

describe("a module", () => {
  test("is asked for numbers; what it prints disturbs nothing, and it may be asynchronous", async () => {
    const config = await module_(
      `export const score = async (batch) => { console.log("hello"); process.stdout.write("there\\n");
         return batch.map(({ response }) => response.length / 2); };`,
    );
    expect((await rewardsOf(config)).rewards.map(({ short }) => short)).toEqual(
      generations.map((_, index) => index / 2),
    );
  });

  test.each([
    ["throws", `export const score = () => { throw new Error("no rule"); };`, `answered with the error "no rule"`],
    ["gives NaN", `export const score = (batch) => batch.map(() => NaN);`, `gave "NaN" for response 1 of 10`],
    ["exports nothing", `export const judge = 1;`, `exports no function "score"`],
    ["is not JavaScript", `export const score = ;`, "SyntaxError"],
    ["ends its process", `export const score = () => process.exit(0);`, "ended with exit code 0"],
  ])("that %s is refused", async (_, source, what) => {
    expect(await refusalOf(await module_(source))).toContain(what);
  });

  test("that is not there is refused before anything is scored, with the folder that its path counts from", async () => {
    const config = ProgramConfig.parse({ objectives: [{ name: "short" }], module: "nowhere.mjs", folder });
    const message = await openScorers({ programs: [config] }).then(
      () => "opened",
      (error: Error) => error.message,
    );
    expect(message).toBe(
      `There is no module ${join(folder, "nowhere.mjs")}, which is to score "short". Expected an ES module that exports a function score: its path, \`module\`, counts from the program's folder, ${folder}.`,
    );
  });

  test("that takes more memory than it may ends, and nothing else does", async () => {
    const hungry = `export const score = () => { const all = []; for (;;) all.push(new Array(1e5).fill("x".repeat(all.length % 7))); };`;
    expect(await refusalOf(await module_(hungry, { memoryMb: 32 }))).toMatch(/was ended by SIG[^]*heap out of memory/);
  });
});

test("a program names what it runs once, as a command or as a module", () => {
  const objectives = [{ name: "short" }];
  expect(() => ProgramConfig.parse({ objectives })).toThrow("give one of them");
  expect(() => ProgramConfig.parse({ objectives, command: ["a"], module: "b" })).toThrow("give one of them");
});
