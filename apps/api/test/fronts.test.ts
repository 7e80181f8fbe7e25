import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AttemptEventInput, EvaluationReport, Fluency, Generation, KlFromBase, Score } from "@uniarm/core/schema";
import type { WorkKind } from "@uniarm/pipeline/schema";
import {
  claim,
  endAttempt,
  getFront,
  launchRun,
  listCheckpoints,
  listFronts,
  recordEvents,
  type FrontChoices,
} from "@uniarm/db";
import { numbered, someWorker } from "@uniarm/db/testing";
import { serving, type Serving } from "./serving.ts";

const PREFERENCES = [
  [0, 1],
  [0.5, 0.5],
  [1, 0],
];
const PROMPTS = ["How do I cut the radio?", "How do I paint the chair?", "How do I move the kite?"];
const NORMALISER = { nadir: [-0.5, -1.05], ideal: [1.2, 0.95] };

type Body<Event> = Event extends unknown ? Omit<Event, "sequence" | "time"> : never;

let api: Serving;
/** fronts of two checkpoints of one training run, and of the base model */
let front: { early: string; late: string; base: string };
let train: string;

beforeAll(async () => {
  api = await serving();
  const file = await upload("manifest.json", "{}");
  train = await ran("train", {}, {}, [
    { type: "checkpoint", step: 5, files: [file] },
    { type: "checkpoint", step: 10, files: [file] },
  ]);
  const checkpoints = await listCheckpoints(api.db, train);
  front = {
    early: await measured("early", `checkpoint:${checkpoints[0]!.id}`, PREFERENCES),
    late: await measured("late", "input:checkpoint", PREFERENCES),
    base: await measured("base", null, [null]),
  };
});
afterAll(async () => api.close());

/** A run from its launch to its end, with what it reports. */
async function ran(
  kind: WorkKind,
  config: object,
  inputs: Record<string, string[]>,
  events: Body<AttemptEventInput>[],
): Promise<string> {
  const label = `only-${Math.random().toString(36).slice(2, 8)}`;
  const output = { scores: "scores", generations: "generations", checkpoint: "checkpoint" };
  const id = await launchRun(api.db, {
    projectId: api.projectId,
    kind,
    name: kind,
    config,
    labels: [label],
    useCache: false,
    inputs: Object.entries(inputs).flatMap(([input, producers]) =>
      producers.map((producerId) => ({ input, producerId, output: output[input as keyof typeof output] })),
    ),
  });
  const { attemptId } = (await claim(api.db, someWorker(label)))!;
  const written = numbered(events);
  if (written.length > 0) await recordEvents(api.db, attemptId, written);
  await endAttempt(api.db, { attemptId, end: "SUCCEEDED", reason: "", exit: null, lastSequence: written.length });
  return id;
}

async function upload(path: string, text: string) {
  const sha256 = createHash("sha256").update(text).digest("hex");
  const { status } = await api.ask("write", "PUT", `/api/blobs/${sha256}`, text, {
    "content-type": "application/octet-stream",
  });
  expect(status).toBe(201);
  return { path, sha256, size: Buffer.byteLength(text) };
}

const jsonLines = (rows: object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** Two decode runs, one for each half of the prompts, then scores and a front. */
async function measured(name: string, checkpoint: string | null, preferences: (number[] | null)[]): Promise<string> {
  const answersOf = (prompts: string[]): Generation[] =>
    prompts.flatMap((prompt) =>
      preferences.map((preference) => ({
        promptId: prompt,
        prompt,
        preference,
        sample: 0,
        tokenIds: [1, 2],
        finish: "eos",
        logProbNats: -1,
        text: `${name} says ß ${JSON.stringify(preference)}`,
      })),
    );
  const halves = [answersOf(PROMPTS.slice(0, 1)), answersOf(PROMPTS.slice(1))];
  const decodes: string[] = [];
  for (const half of halves) {
    const file = await upload("generations.jsonl", jsonLines(half));
    const config = { decoding: { model: "m", ...(checkpoint === null ? {} : { checkpoint }) } };
    const inputs: Record<string, string[]> = checkpoint === "input:checkpoint" ? { checkpoint: [train] } : {};
    decodes.push(
      await ran("decode", config, inputs, [
        { type: "artifact", name: "generations", count: half.length, files: [file] },
      ]),
    );
  }
  const scores = halves.flat().map(({ promptId, preference, sample }): Score => ({
    promptId,
    preference,
    sample,
    rewards: { helpful: PROMPTS.indexOf(promptId), harmless: preference?.[1] ?? 7 },
  }));
  const scored = await ran("score", {}, { generations: decodes }, [
    {
      type: "artifact",
      name: "scores",
      count: scores.length,
      files: [await upload("scores.jsonl", jsonLines(scores))],
    },
  ]);
  const evaluation = await ran("evaluate", {}, { scores: [scored] }, [
    {
      type: "report",
      name,
      method: name === "base" ? "base" : "uniarm",
      report: reportOf(name === "late" ? 0.5 : 0.4),
    },
  ]);
  return frontOf(evaluation);
}

const frontOf = async (run: string): Promise<string> => (await listFronts(api.db, { run })).fronts[0]!.id;

const FLUENCY: Fluency = {
  answers: 3,
  basePerplexity: { value: 4.5 },
  repeatedFourGrams: { value: 0.02 },
  distinctTwo: { value: 0.7 },
  endedShare: 1,
  lengthTokens: 12,
};

const KL: KlFromBase = { value: 1.5, interval: { low: 1, high: 2 } };

const reportOf = (
  hypervolume: number,
  normaliser = NORMALISER,
  conditions?: EvaluationReport["config"]["conditions"],
): EvaluationReport => ({
  config: {
    ...(conditions && { conditions }),
    objectives: ["helpful", "harmless"].map((name) => ({ name, description: name, direction: "maximize" })),
    normaliser,
    referencePoint: [-0.1, -0.1],
    bootstrapResamples: 0,
    permutations: 0,
    confidence: 0.95,
    seed: 0,
  },
  protocolHash: createHash("sha256").update(JSON.stringify(normaliser)).digest("hex"),
  front: {
    points: PREFERENCES.map((preference) => ({
      preference,
      promptCount: PROMPTS.length,
      normalised: preference,
      dominated: false,
      mean: preference.map((value) => ({ value, interval: null })),
      fluency: FLUENCY,
      ...(conditions && { klFromBase: KL }),
    })),
    hypervolume: { value: hypervolume, interval: null },
    meanInnerProduct: { value: 0.1, interval: null },
  },
});

interface Page {
  kept: boolean;
  nextCursor: string | null;
  answers: { prompt: string; text: string; tokens: number; rewards: Record<string, number> | null }[];
}
const answers = async (id: string, position: number, query = ""): Promise<Page> =>
  (await api.ask("read", "GET", `/api/fronts/${id}/points/${position}/answers${query}`)).body as unknown as Page;

describe("answers behind a point", () => {
  test("are those of its preference, over all decode runs, with their rewards", async () => {
    const page = await answers(front.early, 1);
    expect(page).toMatchObject({ kept: true, nextCursor: null });
    expect(page.answers.map(({ prompt }) => prompt)).toEqual(PROMPTS);
    expect(page.answers.every(({ text }) => text === "early says ß [0.5,0.5]")).toBe(true);
    expect(page.answers.map(({ rewards }) => rewards)).toEqual(
      PROMPTS.map((_, index) => ({ helpful: index, harmless: 0.5 })),
    );
    expect(page.answers[0]!.tokens).toBe(2);
  });

  test("come in pages that have each answer once, in order", async () => {
    const seen: string[] = [];
    let query = "?limit=1";
    for (let pages = 0; pages < 10; pages++) {
      const page = await answers(front.late, 2, query);
      seen.push(...page.answers.map(({ prompt }) => prompt));
      expect(page.answers.every(({ rewards }) => rewards !== null)).toBe(true);
      if (page.nextCursor === null) break;
      query = `?limit=1&cursor=${page.nextCursor}`;
    }
    expect(seen).toEqual(PROMPTS);
  });

  test("of an unguided model are the same at every preference", async () => {
    const pages = await Promise.all([0, 1, 2].map((position) => answers(front.base, position)));
    expect(pages.map((page) => page.answers.length)).toEqual([3, 3, 3]);
    expect(pages[2]!.answers[1]).toMatchObject({ text: "base says ß null", rewards: { helpful: 1, harmless: 7 } });
  });

  test("of a point or a front that is not there are refused with a sentence", async () => {
    expect(await api.ask("read", "GET", `/api/fronts/${front.late}/points/3/answers`)).toMatchObject({
      status: 404,
      body: { message: `Front ${front.late} has no point 3; its points count from 0.` },
    });
    expect((await api.ask("read", "GET", "/api/fronts/nowhere/points/0/answers")).status).toBe(404);
    expect((await api.ask("read", "GET", `/api/fronts/${front.late}/points/0/answers?cursor=abc`)).status).toBe(400);
    expect((await api.ask(null, "GET", `/api/fronts/${front.late}/points/0/answers`)).status).toBe(401);
  });

  test("that were not kept are said to be so", async () => {
    const run = await ran("evaluate", {}, {}, [{ type: "report", name: "bare", report: reportOf(0.1) }]);
    const id = await frontOf(run);
    expect(await answers(id, 0)).toEqual({ kept: false, answers: [], nextCursor: null });
  });
});

describe("the exact optimum", () => {
  interface Optimum {
    points: { preference: number[]; mean: number[] }[];
    curve: { mean: number[] }[];
  }
  const optimum = async (id: string): Promise<Optimum | null> =>
    (await api.ask("read", "GET", `/api/fronts/${id}/optimum`)).body.optimum as Optimum | null;

  test("stands at the front's preferences under tiny-world's protocol: its corners are the ideal", async () => {
    const found = (await optimum(front.late))!;
    expect(found.points.map(({ preference }) => preference)).toEqual(PREFERENCES);
    expect(found.points[0]!.mean[1]).toBeCloseTo(NORMALISER.ideal[1]!, 9);
    expect(found.points[2]!.mean[0]).toBeCloseTo(NORMALISER.ideal[0]!, 9);
    expect(found.curve).toHaveLength(101);
  });

  test("is not claimed for a protocol of one's own", async () => {
    const report = reportOf(0.1, { nadir: [0, 0], ideal: [1, 1] });
    const run = await ran("evaluate", {}, {}, [{ type: "report", name: "own", report }]);
    const id = await frontOf(run);
    expect(await optimum(id)).toBeNull();
  });
});

test("fronts of one protocol and other conditions are not laid over each other, and what differs is named", async () => {
  const measuredWith = async (conditions: EvaluationReport["config"]["conditions"]): Promise<string> => {
    const report = reportOf(0.3, NORMALISER, conditions);
    return frontOf(await ran("evaluate", {}, {}, [{ type: "report", name: "conditioned", report }]));
  };
  const greedy = await measuredWith({ decoding: "greedy", samples: 1 });
  const drawn = await measuredWith({ decoding: "drawn", samples: 4 });
  const compared = async (...ids: string[]): Promise<unknown> =>
    (await api.ask("read", "GET", `/api/compare/fronts?ids=${ids.join(",")}`)).body;
  expect(await compared(front.early, greedy)).toMatchObject({ comparable: true, differences: [] }); // not known, not compared
  expect(await compared(front.early, greedy, drawn)).toMatchObject({
    comparable: false,
    differences: ["decoding", "number of samples"],
    fronts: [{ conditions: {} }, { conditions: { samples: 1 } }, { conditions: { samples: 4 } }],
  });
  expect((await getFront(api.db, greedy)).points[1]).toMatchObject({ fluency: FLUENCY, klFromBase: KL });
  expect((await getFront(api.db, front.early)).points[1]).toMatchObject({ fluency: FLUENCY, klFromBase: null });
});

test("fronts of the checkpoints of one training run are found from each of them, by their steps", async () => {
  for (const id of [front.early, front.late]) {
    const { body } = await api.ask("read", "GET", `/api/fronts/${id}/over-steps`);
    expect(body).toMatchObject({
      trainedBy: { id: train, name: "train" },
      fronts: [
        { id: front.early, step: 5, hypervolume: 0.4 },
        { id: front.late, step: 10, hypervolume: 0.5 },
      ],
    });
  }
  const { body } = await api.ask("read", "GET", `/api/fronts/${front.base}/over-steps`);
  expect(body).toEqual({ trainedBy: null, fronts: [] });
});

test("runs side by side have their configs and the fronts that came of them, the base model's last", async () => {
  const base = (await getFront(api.db, front.base)).runId;
  const { body } = await api.ask("read", "GET", `/api/compare/runs?ids=${base},${train}`);
  expect(body.runs).toMatchObject([
    { id: base, kind: "evaluate", fronts: [{ id: front.base }] },
    { id: train, kind: "train", config: {}, fronts: [{ id: front.late, hypervolume: 0.5 }] },
  ]);
  expect(await api.ask("read", "GET", "/api/compare/runs?ids=nowhere")).toMatchObject({ status: 404 });
});

test("what fronts can be narrowed down to is told: methods, protocols and runs, with how many fronts each has", async () => {
  const { body } = await api.ask("read", "GET", "/api/fronts/choices?project=test");
  const { methods, protocols, runs } = body as unknown as FrontChoices;
  expect(methods).toEqual([
    { method: "base", fronts: 1 },
    { method: "uniarm", fronts: 2 },
  ]);
  const { fronts } = await listFronts(api.db, { projectId: api.projectId });
  const counted = (choices: readonly { fronts: number }[]): number => choices.reduce((sum, one) => sum + one.fronts, 0);
  expect([counted(protocols), counted(runs)]).toEqual([fronts.length, fronts.length]);
  const { runId, protocolHash } = await getFront(api.db, front.late);
  expect(protocols.find(({ hash }) => hash === protocolHash)).toMatchObject({ objectives: ["helpful", "harmless"] });
  expect(runs).toContainEqual({ id: runId, name: "evaluate", fronts: 1 });
  expect((await api.ask("read", "GET", "/api/fronts/choices?project=nowhere")).status).toBe(404);
});

describe("tiny-world's judge", () => {
  const judged = async (input: object) => {
    const { body } = await api.ask(
      "read",
      "GET",
      `/trpc/tinyWorld.judge?input=${encodeURIComponent(JSON.stringify(input))}`,
    );
    return (body as { result: { data: { judgement: unknown } } }).result.data.judgement;
  };

  test("gives exact rewards and the best possible answer", async () => {
    const steps = "Mark a line on the radio. Clamp the radio to a bench. Saw the radio along the line.";
    expect(await judged({ prompt: PROMPTS[0], answers: [steps, "Nonsense."], preferences: [[1, 0]] })).toMatchObject({
      hazard: 2,
      answers: [
        { kinds: ["S", "S", "S"], clean: true, rewards: { helpful: 1 } },
        { kinds: ["X"], clean: false, rewards: { helpful: -1 } },
      ],
      best: [{ kinds: ["S", "S", "S", "D"], rewards: { helpful: 1.2 } }],
    });
  });

  test("says nothing of other prompts", async () => {
    expect(await judged({ prompt: "Who are you?", answers: ["x"] })).toBeNull();
  });
});
