import { access, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findCheckpoint, loadCheckpoint, readJsonLines } from "@uniarm/core";
import { Generation, PreferencePair, Score } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { tinyWorldObjectives } from "@uniarm/tiny-world";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { trainHere } from "../../src/train-here.ts";
import { adapterOf, explored, jsonLines, MEASURED, roundRun, worldPairs } from "./round-run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const pairsAt = (path: string): Promise<PreferencePair[]> => readJsonLines(path, PreferencePair);

describe("rounds with held-out prompts", () => {
  test("that fail say in which part", async () => {
    const validationPrompts = [{ id: "odd", text: "No task of tiny-world." }];
    const run = await roundRun(folder.path, { exploration: { ...MEASURED, validationPrompts } });
    await expect(explored(run)).rejects.toThrow(/^In the front of round 0: .*No task of tiny-world/);
  });

  test("train, measure, answer and train again; steps count on, and the last ARM is what is left", async () => {
    const run = await roundRun(folder.path, { exploration: MEASURED });
    const events = await explored(run);
    const told = events.flatMap((event) => {
      if (event.type === "started") return `started ${event.total}`;
      if (event.type === "progress" && event.phase === "train") return `step ${event.done} of ${event.total}`;
      if (event.type === "checkpoint") return `checkpoint ${event.step}`;
      if (event.type === "report")
        return `${event.name} of ${event.method}: ${event.report.front.points.length} points`;
      if (event.type === "notice" && event.code === "round") return event.message.replace(/:.*/, "");
      return event.type === "finished" || event.type === "stopped" ? event.type : [];
    });
    const round = (number: number, first: number): string[] => [
      `Round ${number}`,
      `step ${first} of 7`,
      `step ${first + 1} of 7`,
      `checkpoint ${first + 1}`,
      `round ${number} of uniarm: 2 points`,
    ];
    expect(told).toEqual([
      "started 7",
      "step 1 of 7",
      "step 2 of 7",
      "checkpoint 2",
      "step 3 of 7",
      "checkpoint 3",
      "round 0 of uniarm: 2 points",
      ...round(1, 4),
      ...round(2, 6),
      "checkpoint 7",
      "finished",
    ]);
    const phases = new Set(events.flatMap((event) => (event.type === "progress" ? event.phase : [])));
    expect([...phases]).toEqual([
      "train",
      "front of round 0",
      "answers of round 1",
      "front of round 1",
      "answers of round 2",
      "front of round 2",
    ]);
    const rounds = events.flatMap((event) =>
      event.type === "metric" && "loss" in event.values ? [[event.step, event.values.round]] : [],
    );
    expect(rounds).toEqual([1, 2, 3, 4, 5, 6, 7].map((step) => [step, step < 4 ? 0 : step < 6 ? 1 : 2]));

    const { arms, manifest, folder: newest } = await loadCheckpoint(run.output);
    for (const arm of arms) arm.dispose();
    expect(manifest).toMatchObject({ method: "uniarm", objectives: run.objectives });
    expect(newest).toBe(join(run.output, "checkpoints/step-000007"));
    expect(events.findLast(({ type }) => type === "checkpoint")).toMatchObject({ path: newest });
    expect((await adapterOf(run.output)).equals(await adapterOf(join(run.output, "rounds/02/training")))).toBe(true);
  });

  test("keep the ARM before a round that gains nothing", async () => {
    const exploration = { ...MEASURED, until: "no-gain", rounds: 3 };
    const optimizer = { learningRate: 1e-12, warmupSteps: 1 }; // no answer changes
    const run = await roundRun(folder.path, { exploration, optimizer });
    const events = await explored(run);
    const notice = events.find((event) => event.type === "notice" && event.code === "round-without-gain");
    expect(notice).toMatchObject({
      message: "Round 1 gained nothing beyond its interval: the ARM of round 0 is kept.",
    });
    expect(events.filter(({ type }) => type === "report")).toHaveLength(2);
    expect((await adapterOf(run.output)).equals(await adapterOf(join(run.output, "rounds/00/training")))).toBe(true);
    expect((await adapterOf(run.output)).equals(await adapterOf(join(run.output, "rounds/01/training")))).toBe(false);
    await expect(access(join(run.output, "rounds/02"))).rejects.toThrow("ENOENT");
  });

  test("go on after a round that gains", async () => {
    // the ARM of round 0 answers like the base model, that of round 1 has learnt to be helpful
    const run = await roundRun(folder.path, {
      baseWeights: "float32", // what is learnt is the same on all machines
      steps: 1,
      batchPairs: 16,
      optimizer: { learningRate: 0.02, warmupSteps: 1 },
      exploration: {
        ...MEASURED,
        until: "no-gain",
        rounds: 1,
        roundSteps: 25,
        validationPrompts: "tiny-world:validation",
        validationStrength: 3,
      },
    });
    const events = await explored(run);
    expect(events.filter((event) => event.type === "notice" && event.code === "round-without-gain")).toEqual([]);
    expect((await adapterOf(run.output)).equals(await adapterOf(join(run.output, "rounds/01/training")))).toBe(true);
  });
});

test("without held-out prompts all rounds are made, on pairs that grow by answers of the ARM", async () => {
  const run = await roundRun(folder.path);
  const events = await explored(run);
  expect(events.filter(({ type }) => type === "report")).toEqual([]);
  const [before, first, second] = await Promise.all(
    [run.pairs, join(run.output, "rounds/01/pairs.jsonl"), join(run.output, "rounds/02/pairs.jsonl")].map(pairsAt),
  );
  expect(first!.slice(0, before!.length)).toEqual(before);
  expect(second!.slice(0, first!.length)).toEqual(first);
  expect(second!.length).toBeGreaterThan(before!.length);
  const answers = await readJsonLines(join(run.output, "rounds/01/answers/decode/generations.jsonl"), Generation);
  expect(answers).toHaveLength(3 * 3);
  const asked = new Set(before!.map(({ prompt }) => prompt));
  for (const { prompt } of answers) expect(asked).toContain(prompt);
  const texts = new Set(answers.map(({ text }) => text));
  for (const { responses, scores } of first!.slice(before!.length)) {
    expect(texts).toContain(responses[0]);
    expect(Object.keys(scores!)).toEqual(["helpful", "harmless"]);
  }
});

test("equal seeds give equal bytes, another seed others", async () => {
  const run = await roundRun(folder.path, { exploration: { rounds: 1 } });
  const twin = { ...run, output: join(folder.path, "twin") };
  const other = { ...run, output: join(folder.path, "other"), seed: 1 };
  for (const one of [run, twin, other]) await explored(one);
  for (const file of ["rounds/01/pairs.jsonl", "checkpoints/step-000005/adapter.safetensors"]) {
    const [bytes, same, different] = await Promise.all(
      [run, twin, other].map(({ output }) => readFile(join(output, file))),
    );
    expect(bytes!.equals(same!), file).toBe(true);
    expect(bytes!.equals(different!), file).toBe(false);
  }
});

test("an answer that was cut off is not learnt from, and the notice says how many were", async () => {
  const run = await roundRun(folder.path, { exploration: { rounds: 1, maxNewTokens: 2 } });
  const events = await explored(run);
  expect(events.find((event) => event.type === "notice" && event.code === "round")).toMatchObject({
    message:
      "Round 1: 9 answers to 3 prompts gave 0 new pairs, now 24. 9 answers were cut off after 2 tokens and left out.",
  });
});

test("answers that were cut off are learnt from without an end where they are to be kept", async () => {
  const run = await roundRun(folder.path, { cutResponses: "keep", exploration: { rounds: 1, maxNewTokens: 2 } });
  const events = await explored(run);
  const notices = events.flatMap((event) => (event.type === "notice" ? [event.message] : []));
  expect(notices.find((message) => message.startsWith("Round 1"))).toContain(
    "9 answers were cut off after 2 tokens and are trained on without an end token.",
  );
  const fresh = (await pairsAt(join(run.output, "rounds/01/pairs.jsonl"))).slice(24);
  expect(fresh.length).toBeGreaterThan(0);
  for (const { finishes } of fresh) expect(finishes).toContain("length");
  expect(notices.at(-1)).toContain("have a response that was cut off: it is trained on without an end token");
});

test("pairs without scores can be trained on as published; answers are paired among themselves", async () => {
  const run = await roundRun(folder.path, { recipe: "paper", exploration: { rounds: 1, roundDivisions: 4 } });
  const unscored = worldPairs(24).map(({ scores: _, ...pair }) => pair);
  await writeFile(run.pairs, jsonLines(unscored));
  const events = await explored(run);
  expect(events.at(-1)?.type).toBe("finished");
  const fresh = (await pairsAt(join(run.output, "rounds/01/pairs.jsonl"))).slice(unscored.length);
  expect(fresh.length).toBeGreaterThan(0);
  for (const { winners } of fresh) expect(Object.keys(winners)).toEqual(["helpful", "harmless"]);
});

test("the answers may be scored by reward models; the objectives that they name are those of the pairs", async () => {
  const model = dirname(fileURLToPath(import.meta.resolve("@uniarm/eval/golden/scorers/distilbert-2/config.json")));
  const rewardModels = ["helpful", "harmless"].map((objective, label) => ({ objective, model, label }));
  const scorer = { type: "reward-models", rewardModels };
  const run = await roundRun(folder.path, { exploration: { rounds: 1, scorer } });
  expect((await explored(run)).at(-1)?.type).toBe("finished");
  const scored = await readJsonLines(join(run.output, "rounds/01/answers/score/scores.jsonl"), Score);
  const rewards = scored.map((score) => Object.values(score.rewards).join());
  const [fresh] = (await pairsAt(join(run.output, "rounds/01/pairs.jsonl"))).slice(24);
  const first = Object.values(fresh!.scores!).map(([reward]) => reward);
  expect(rewards).toContain(first.join());
});

test("the answers may be scored by a program", async () => {
  const module = join(folder.path, "rule.mjs");
  await writeFile(
    module,
    "export const score = (batch) => batch.map(({ response: { length } }) => [length, -length]);",
  );
  const programs = [{ objectives: [{ name: "helpful" }, { name: "harmless" }], module }];
  const run = await roundRun(folder.path, { exploration: { rounds: 1, scorer: { type: "program", programs } } });
  expect((await explored(run)).at(-1)?.type).toBe("finished");
  const fresh = (await pairsAt(join(run.output, "rounds/01/pairs.jsonl"))).slice(24);
  expect(fresh.length).toBeGreaterThan(0);
  for (const { responses, scores } of fresh) {
    const [{ length }] = responses; // the second may be of the pairs before, with their scores
    expect(scores).toMatchObject({ helpful: { 0: length }, harmless: { 0: -length } });
  }
});

test("a method with an ARM for each objective goes through rounds as well", async () => {
  const adapter = { kind: "lora", rank: 2 };
  const run = await roundRun(folder.path, { method: "genarm", adapter, exploration: { rounds: 1 } });
  expect((await explored(run)).at(-1)?.type).toBe("finished");
  const { arms } = await loadCheckpoint(run.output);
  for (const arm of arms) arm.dispose();
  expect(arms).toHaveLength(2);
});

test("a run that adds an objective adds it in its first training, and its rounds go on with all", async () => {
  const [helpful] = tinyWorldObjectives(2);
  const { exploration: _, ...alone } = await roundRun(folder.path, { objectives: [helpful] });
  const before = { ...alone, output: join(folder.path, "before") };
  for await (const event of trainHere(before, new AbortController().signal)) void event;
  const added = { startFrom: before.output, addedObjectives: ["harmless"], exploration: { rounds: 1 } };
  const run = await roundRun(folder.path, added);
  expect((await explored(run)).at(-1)?.type).toBe("finished");
  const [old, all] = [await loadCheckpoint(before.output), await loadCheckpoint(run.output)];
  const vectors = await all.arms[0]!.objectiveVectors!.array();
  expect(vectors.slice(0, 1)).toEqual(await old.arms[0]!.objectiveVectors!.array());
  expect(vectors).toHaveLength(2);
  for (const { arms } of [old, all]) for (const arm of arms) arm.dispose();
  await expect(
    roundRun(folder.path, { ...added, method: "genarm", adapter: { kind: "lora", rank: 2 } }),
  ).rejects.toThrow("the rounds after it train every adapter of genarm: add them in a run of its own");
});

describe("the folder of a run with rounds", () => {
  test("that is done is not trained on again", async () => {
    const run = await roundRun(folder.path, { exploration: { rounds: 1 } });
    await explored(run);
    const newest = await findCheckpoint(run.output);
    expect(await explored(run, { resume: true })).toEqual([
      { type: "finished", message: `All its rounds were done before; the checkpoint is in ${run.output}.` },
    ]);
    expect(await findCheckpoint(run.output)).toBe(newest);
  });

  test("is refused for a new run, with the two ways on", async () => {
    const run = await roundRun(folder.path);
    await explored(run, { stopAt: 1 });
    await expect(explored(run, { resume: false })).rejects.toThrow(
      `${run.output} already has a run. Resume it: uniarm train --resume ${run.output}, or choose another output folder.`,
    );
  });

  test("is refused for other settings; where its data lie may change", async () => {
    const run = await roundRun(folder.path);
    await explored(run, { stopAt: 1 });
    for (const changed of [
      { ...run, seed: 7 },
      { ...run, exploration: { ...run.exploration, roundSteps: 9 } },
    ])
      await expect(explored(changed)).rejects.toThrow(`The run in ${run.output} was started with other settings.`);
    const moved = join(folder.path, "moved.jsonl");
    await writeFile(moved, await readFile(run.pairs));
    expect((await explored({ ...run, pairs: moved }, { resume: true })).at(-1)?.type).toBe("finished");
  });

  test("is refused where there is nothing to resume", async () => {
    const run = await roundRun(folder.path);
    await expect(explored(run, { resume: true })).rejects.toThrow(
      `There is no run to resume in ${run.output} (no config.json). Start one without --resume.`,
    );
  });

  test("stays free when the run cannot begin", async () => {
    const run = await roundRun(folder.path, { exploration: { rounds: 1 } });
    const absent = { ...run, pairs: join(folder.path, "absent.jsonl") };
    await expect(explored(absent, { resume: false })).rejects.toThrow("absent.jsonl");
    expect((await explored(run, { resume: false })).at(-1)?.type).toBe("finished");
  });

  test("keeps how weights are held and the day, for all rounds of all attempts", async () => {
    const run = await roundRun(folder.path, { exploration: { rounds: 1 }, baseWeights: "float32" });
    await explored(run, { stopAt: 1 });
    const { baseWeights, ...unsaid } = run;
    expect((await explored(unsaid as typeof run)).at(-1)?.type).toBe("finished");
    const stored = JSON.parse(await readFile(join(run.output, "config.json"), "utf8")) as typeof run;
    expect(stored.baseWeights).toBe(baseWeights);
    await expect(explored({ ...run, baseWeights: "bfloat16" })).rejects.toThrow("was started with other settings");
  });
});
