import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRandom, findCheckpoint, float32Of, readSafetensors } from "@uniarm/core";
import { RunEvent, TrainingConfig, UniArmError, type PreferencePair } from "@uniarm/core/schema";
import { expectNoTensorLeak, temporaryFolder, writeSafetensors, writeTinyModel } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import { jsonLines, tinyPairs, tinyRun } from "./tiny-run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

/** Trains to the end, whatever it is. */
async function outcome(
  config: TrainingConfig,
  options: Parameters<typeof train>[1] = {},
): Promise<{ events: RunEvent[]; error: UniArmError | null }> {
  const events: RunEvent[] = [];
  try {
    for await (const event of train(config, options)) events.push(RunEvent.parse(event)); // no number that is none gets out
    return { events, error: null };
  } catch (error) {
    expect(error).toBeInstanceOf(UniArmError);
    return { events, error: error as UniArmError };
  }
}

async function valuesAreFinite(checkpoint: string): Promise<boolean> {
  const files = await Promise.all(
    ["adapter.safetensors", "resume.safetensors"].map((file) => readSafetensors(join(checkpoint, file))),
  );
  return files.every(({ tensors }) => [...tensors.values()].every((entry) => float32Of(entry).every(Number.isFinite)));
}

/** A base model that knows no number for "~", with a head of its own: a pair with one gives a loss that is none, others are sound. */
async function spoil(config: TrainingConfig): Promise<void> {
  await writeTinyModel(config.model, { random: createRandom(3), config: { tiedEmbeddings: false } });
  const path = join(config.model, "model.safetensors");
  const { tensors } = await readSafetensors(path);
  const entries = [...tensors].map(([name, entry]) => [name, { shape: entry.shape, data: float32Of(entry) }] as const);
  const embedding = entries.find(([name]) => name.endsWith("embed_tokens.weight"))![1];
  const width = embedding.shape[1]!;
  embedding.data.fill(NaN, "~".charCodeAt(0) * width, ("~".charCodeAt(0) + 1) * width);
  await writeSafetensors(path, Object.fromEntries(entries));
}

/** 40 pairs, of which one, in line 13, asks about "~". */
async function spoiledRun(changes: Record<string, unknown> = {}): Promise<TrainingConfig> {
  const config = await tinyRun(folder.path, { validationPairs: undefined, steps: 20, ...changes });
  const pairs: PreferencePair[] = tinyPairs(40);
  pairs[11]!.prompt = "what is ~ in a sentence that goes on and on?";
  await writeFile(config.pairs, `\n${jsonLines(pairs)}`); // an empty line is no pair, but a line
  await spoil(config);
  return config;
}

const tiny = { learningRate: 1e30, warmupSteps: 2 };

test("a run stops at the first loss that is not finite, names it, and keeps the last sound checkpoint", async () => {
  const config = await tinyRun(folder.path, { optimizer: tiny });
  let ended: Awaited<ReturnType<typeof outcome>> | undefined;
  await expectNoTensorLeak(async () => {
    ended = await outcome(config);
  });
  const { events, error } = ended!;
  expect(events.slice(-2).map(({ type }) => type)).toEqual(["progress", "checkpoint"]);
  const kept = join(config.output, "checkpoints", "step-000001");
  expect(events.at(-1)).toEqual({ type: "checkpoint", step: 1, path: kept });
  expect(error).toMatchObject({ code: "training-not-finite" });
  expect(error!.message).toMatch(
    /^Training stopped at step 3 of 6: the loss of helpful and harmless is (NaN|Infinity)\. /,
  );
  expect(error!.message).toMatch(
    /Its pairs: .*pairs\.jsonl:\d+ \("q\d"\), .*pairs\.jsonl:\d+ \("q\d"\), .* and 1 more\. /,
  );
  expect(error!.message).toContain(
    ` The last sound checkpoint is ${kept}. Start again in another folder with a lower optimizer.learningRate (it is 1e+30); ` +
      `where only some pairs are to blame, mend or remove them, or leave such steps out: uniarm train --resume ${config.output} --skip-not-finite 1`,
  );
  expect(await valuesAreFinite(kept)).toBe(true);
});

test("weights that are finite but give no loss are not saved: the checkpoint before them is kept", async () => {
  const config = await tinyRun(folder.path, { optimizer: tiny, checkpointEvery: 1 });
  const { error } = await outcome(config);
  expect(error!.message).toMatch(
    /^Training stopped at step 2 of 6: (with the weights after it, the loss is \S+|the update left .* with values that are not finite)\. /,
  );
  expect(error!.message).not.toContain("--skip-not-finite");
  expect(await readdir(join(config.output, "checkpoints"))).toEqual(["step-000001"]);
  expect(await valuesAreFinite((await findCheckpoint(config.output))!)).toBe(true);
});

test("where a response is imitated that another pair has, that pair is to blame", async () => {
  const config = await tinyRun(folder.path, { loss: "imitation", rewardTemperature: 1, steps: 20 });
  const pairs = tinyPairs(40);
  pairs[11]!.responses[1] = "~";
  pairs[11]!.scores = { helpful: [0, 9], harmless: [0, 9] }; // what every pair of its prompt imitates
  await writeFile(config.pairs, jsonLines(pairs));
  await spoil(config);
  const { error } = await outcome(config);
  expect(error!.message).toContain(` Its pairs: ${config.pairs}:12 ("q4"). `);
});

test.each(["arm", "guided"])("held-out pairs whose loss is not finite stop a run too (policy %s)", async (policy) => {
  const config = await tinyRun(folder.path, { validationEvery: 2, policy });
  const held = tinyPairs(12, 1);
  held[4]!.responses[1] = "~";
  await writeFile(config.validationPairs!, jsonLines(held));
  await spoil(config);
  const { error } = await outcome(config);
  expect(error!.message).toContain(
    `Training stopped at step 2 of 6: the log-probabilities of held-out pairs are not finite. Its pairs: ${config.validationPairs}:5 ("q4"). `,
  );
  expect(await findCheckpoint(config.output)).toBe(join(config.output, "checkpoints", "step-000001"));
});

test.each<Record<string, unknown>>([
  {},
  { policy: "guided" },
  { policy: "guided", method: "genarm", loss: "margins" },
  { policy: "guided", loss: "imitation" },
])("the pair that is to blame is named by file, line and the start of its prompt: %j", async (changes) => {
  const config = await spoiledRun(changes);
  const { error } = await outcome(config);
  expect(error!.message).toContain(` Its pairs: ${config.pairs}:13 ("what is ~ in a sentence that goes on and..."). `);
});

test.each(["uniarm", "genarm"] as const)(
  "%s leaves out as many such steps as it may, counts them, and ends",
  async (method) => {
    const config = await spoiledRun({ method, skipNotFinite: 5 });
    const { events, error } = await outcome(config);
    expect(error).toBeNull();
    const notices = events.filter((event) => event.type === "notice" && event.code === "step-skipped");
    expect(notices.length).toBeGreaterThanOrEqual(2); // two passes over the pairs
    expect(notices[0]).toMatchObject({
      message: expect.stringMatching(
        /^Step \d+ was skipped \(1 of at most 5\): the loss of .* is NaN\. Its pairs: .*pairs\.jsonl:13 \("what is/,
      ) as string,
    });
    const counts = events.flatMap((event) => (event.type === "metric" ? (event.values.skippedSteps ?? []) : []));
    expect([counts.length, counts.at(0), counts.at(-1)]).toEqual([20, 0, notices.length]);
    expect(events.at(-1)).toMatchObject({
      type: "finished",
      message: `Trained for 20 steps; the checkpoint is in ${config.output}. ${notices.length} of them were skipped: a loss or gradient was not finite.`,
    });
    expect(await valuesAreFinite((await findCheckpoint(config.output))!)).toBe(true);
  },
);

test("one more than it may leave out stops the run", async () => {
  const config = await spoiledRun({ skipNotFinite: 1 });
  const { error } = await outcome(config);
  expect(error!.message).toContain(" 1 such steps were skipped before (skipNotFinite 1). ");
  expect(error!.message).toContain(`uniarm train --resume ${config.output} --skip-not-finite 2`);
});

test("a run with skipped steps that was stopped and resumed ends with the bytes of one that was not", async () => {
  const config = await spoiledRun({ skipNotFinite: 5 });
  const stopped = { ...config, output: join(folder.path, "stopped") };
  const stop = new AbortController();
  for await (const event of train(stopped, { signal: stop.signal }))
    if (event.type === "notice" && event.code === "step-skipped") stop.abort();
  expect((await outcome(stopped, { resume: true })).error).toBeNull();
  expect((await outcome(config)).error).toBeNull();
  await expectSameBytes(stopped.output, config.output);
});

test("a run that stopped goes on from its sound checkpoint when more is tolerated, to the bytes of one that always did", async () => {
  const config = await spoiledRun({ skipNotFinite: 5 });
  const strict = { ...config, output: join(folder.path, "strict"), skipNotFinite: 0 };
  expect((await outcome(strict)).error).not.toBeNull();
  expect((await outcome({ ...strict, skipNotFinite: 5 }, { resume: true })).error).toBeNull();
  const stored = JSON.parse(await readFile(join(strict.output, "config.json"), "utf8")) as TrainingConfig;
  expect(stored.skipNotFinite).toBe(5);
  expect((await outcome(config)).error).toBeNull();
  await expectSameBytes(strict.output, config.output);
});

async function expectSameBytes(one: string, other: string): Promise<void> {
  for (const file of ["adapter.safetensors", "resume.safetensors", "resume.json"]) {
    const [left, right] = await Promise.all(
      [one, other].map(async (run) => readFile(join((await findCheckpoint(run))!, file))),
    );
    expect(left!.equals(right!), file).toBe(true);
  }
}

test("settings and checkpoints of a version without the key are read", async () => {
  const config = await tinyRun(folder.path, { steps: 4 });
  const { skipNotFinite, ...old } = config;
  expect(skipNotFinite).toBe(0);
  expect(TrainingConfig.parse(old)).toEqual(config);
  const stop = new AbortController();
  for await (const event of train(config, { signal: stop.signal }))
    if (event.type === "progress" && event.done === 2) stop.abort();
  await writeFile(join(config.output, "config.json"), JSON.stringify({ ...old, baseWeights: "float32" }));
  const path = join((await findCheckpoint(config.output))!, "resume.json");
  const resume = JSON.parse(await readFile(path, "utf8")) as { schedule: { skipped?: number } };
  delete resume.schedule.skipped;
  await writeFile(path, JSON.stringify(resume));
  const { error } = await outcome({ ...config, baseWeights: "float32" }, { resume: true });
  expect(error).toBeNull();
});
