import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openEngine, responsesOf, sequenceLogProbs, tf, tokenBatch } from "@uniarm/core";
import {
  ANSWERING_METHODS,
  lossOf,
  methodOf,
  TrainingConfig,
  type Method,
  type PreferencePair,
} from "@uniarm/core/schema";
import { byteTokenizer, collect, temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addFrozenLogProbs } from "../src/frozen-log-probs.ts";
import { train } from "../src/index.ts";
import { lossSettingsOf } from "../src/loss-settings.ts";
import { openSession, type Session } from "../src/session.ts";
import { microBatchOf, stepParts } from "../src/step-parts.ts";
import { jsonLines, tinyPairs, tinyRun } from "./tiny-run.ts";

const BYTE_EOS = byteTokenizer().eosTokenId!;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  await openEngine();
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

/** Pairs whose first responses were cut off; they say "cut", the others "end". */
const cutPairs = (count: number, seed = 0): PreferencePair[] =>
  tinyPairs(count, seed).map((pair, index) => ({
    ...pair,
    responses: [`cut ${index}`, `end ${index}`],
    finishes: ["length", "eos"],
  }));

async function cutRun(changes: Record<string, unknown> = {}): Promise<TrainingConfig> {
  const config = await tinyRun(folder.path, { batchPairs: 8, ...changes });
  await writeFile(config.pairs, jsonLines(cutPairs(8)));
  if (config.validationPairs !== undefined) await writeFile(config.validationPairs, jsonLines(cutPairs(8)));
  if (config.replayPairs !== undefined) await writeFile(config.replayPairs, jsonLines(cutPairs(4, 2)));
  return config;
}

/** A run of a method; MODPO has the policies of single objectives that it needs. */
async function methodRun(method: Method, changes: Record<string, unknown>): Promise<TrainingConfig> {
  if (methodOf(method).arms !== "per-weights" || changes.loss === "imitation") return cutRun({ method, ...changes });
  const before = await cutRun({ method: "dpo", output: join(folder.path, "dpo"), steps: 1 });
  await collect(train(before));
  return cutRun({ method, marginFrom: before.output, ...changes });
}

/** The rows of response tokens that the losses of a run's first step see. */
function rowsOf(session: Session): number[][] {
  const [part] = stepParts(session, 0);
  const { config, arms, model } = session;
  return arms.flatMap((arm, place) => {
    const { tokens } = microBatchOf(arm, part!, lossSettingsOf(config), { padTokenId: 0, model, place });
    return responsesOf(tokens).map(({ row, start, end }) => tokens.ids[row]!.slice(start, end));
  });
}

const says = (ids: readonly number[]): string =>
  Buffer.from(ids.filter((id) => id < 256))
    .toString()
    .trim();

test.each(
  ANSWERING_METHODS.flatMap((method) =>
    (["winners", "margins", "imitation"] as const).map((loss) => [method, loss] as const),
  ),
)(
  "%s by the loss %s sees no end token of a response that was cut off, and that of each other one",
  async (method, loss) => {
    const session = await openSession(
      await methodRun(method, { loss, rewardTemperature: loss === "winners" ? undefined : 9 }),
      false,
    );
    try {
      expect(lossOf(session.config).loss).toBe(loss);
      const rows = rowsOf(session);
      const cut = rows.filter((ids) => says(ids).startsWith("cut"));
      const ended = rows.filter((ids) => says(ids).startsWith("end"));
      expect(cut.length).toBeGreaterThan(0);
      expect(cut.length + ended.length).toBe(rows.length);
      expect(cut.flat()).not.toContain(BYTE_EOS);
      for (const ids of ended) expect(ids.at(-1)).toBe(BYTE_EOS);
    } finally {
      session.dispose();
    }
  },
);

test("replayed pairs and held-out ones are seen alike", async () => {
  const before = await cutRun({ output: join(folder.path, "before"), steps: 1 });
  await collect(train(before));
  const config = await cutRun({ startFrom: before.output, replayPairs: join(folder.path, "old.jsonl") });
  const session = await openSession(config, false);
  try {
    for (const { responses } of [...session.training.examples, ...session.validation!.examples]) {
      expect(responses[0]).not.toContain(BYTE_EOS);
      expect(responses[1].at(-1)).toBe(BYTE_EOS);
    }
    expect(session.training.examples.slice(session.training.own)).toHaveLength(4);
  } finally {
    session.dispose();
  }
});

test("log-probabilities of the frozen model are of the same tokens", async () => {
  const config = await cutRun({ method: "dpo" });
  await mkdir(config.output);
  const session = await openSession(config, false);
  try {
    await collect(addFrozenLogProbs(session, undefined));
    for (const { prompt, responses, frozen } of session.training.examples.slice(0, 2)) {
      const rows = responses.map((response) => ({ prompt, response }));
      const alone = tf.tidy(() => sequenceLogProbs(session.model, tokenBatch(rows)).arraySync());
      alone.forEach((value, side) => expect(frozen!.base[side as 0 | 1]).toBeCloseTo(value, 3));
    }
  } finally {
    session.dispose();
  }
});

test("pairs without the field train as pairs whose responses all ended", async () => {
  const [bytes, said]: [string[], string[][]] = [[], []];
  for (const [index, finishes] of [undefined, ["eos", "stop"], [null, null], ["length", "eos"]].entries()) {
    const config = await tinyRun(folder.path, { output: join(folder.path, `run-${index}`), steps: 2 });
    await writeFile(config.pairs, jsonLines(tinyPairs(8).map((pair) => ({ ...pair, finishes }))));
    const events = await collect(train(config));
    bytes.push(JSON.stringify(events.filter(({ type }) => type === "metric").slice(1)));
    said.push(
      events.flatMap((event) => (event.type === "notice" && event.code === "pairs-odd" ? [event.message] : [])),
    );
  }
  expect(bytes[1]).toBe(bytes[0]);
  expect(bytes[2]).toBe(bytes[0]);
  expect(bytes[3]).not.toBe(bytes[0]);
  expect(said[3]![0]).toContain("8 have a response that was cut off: it is trained on without an end token");
  expect(said[0]?.[0] ?? "").not.toContain("cut off");
});

test("what was cut off can be left out; it is counted and said once, with empty and equal responses", async () => {
  const pairs = cutPairs(8).map((pair, index) => (index < 5 ? pair : { ...pair, finishes: undefined }));
  pairs[5]!.responses = ["", "x"];
  pairs[6]!.responses = ["x", "x"];
  const config = await cutRun({ cutResponses: "leave-out", validationPairs: undefined, batchPairs: 2 });
  await writeFile(config.pairs, jsonLines(pairs));
  const events = await collect(train(config));
  expect(events.filter((event) => event.type === "notice" && event.code === "pairs-odd")).toEqual([
    {
      type: "notice",
      code: "pairs-odd",
      message:
        "Of 8 pairs 5 have a response that was cut off: they were left out; 1 have an empty response, which teaches to say nothing; 1 have twice the same response, which compares nothing.",
    },
  ]);
  await writeFile(config.pairs, jsonLines(cutPairs(3)));
  const all = TrainingConfig.parse({ ...config, output: join(folder.path, "all") });
  await expect(collect(train(all))).rejects.toThrow(
    `All 3 pairs of ${config.pairs} have a response that was cut off, so none is left. Set cutResponses to keep, or give pairs of whole responses.`,
  );
});

test("a response that was cut off before its first character is left out: it has no token", async () => {
  const config = await cutRun({ validationPairs: undefined, batchPairs: 2 });
  const pairs = cutPairs(3);
  pairs[1]!.responses = ["\uFFFD", "x"];
  await writeFile(config.pairs, jsonLines(pairs));
  const session = await openSession(config, false);
  expect(session.training.examples.map(({ row }) => row)).toEqual([0, 2]);
  session.dispose();
});

test("pairs of twice the same response are refused where losses compare, and imitated elsewhere", async () => {
  const config = await cutRun({ validationPairs: undefined });
  await writeFile(config.pairs, jsonLines(tinyPairs(4).map((pair) => ({ ...pair, responses: ["a", "a"] }))));
  await expect(collect(train(config))).rejects.toThrow(
    `Each of the 4 pairs of ${config.pairs} has twice the same response, and comparing it with itself teaches nothing. Give pairs of different responses.`,
  );
  const imitating = TrainingConfig.parse({ ...config, recipe: "imitation", output: join(folder.path, "imitating") });
  expect((await collect(train(imitating))).at(-1)).toMatchObject({ type: "finished" });
});
