import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openEngine } from "@uniarm/core";
import type { JudgeReport, Verdict } from "@uniarm/core/schema";
import { chatCompletion, openChatEndpoint, temporaryFolder, type ChatEndpoint } from "@uniarm/core/testing";
import { testPrompts } from "@uniarm/tiny-world";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { planJudging, runStudy, writeStudyReport, type GraphEvent } from "../../src/index.ts";
import { planLaunch, readConfig, StudyConfig } from "../../src/schema/index.ts";

const KEY = "sk-of-this-test-alone-0123456789";
const studyOf = (judge: object, changes: object = {}): Record<string, unknown> => ({
  model: "tiny-world:quick",
  task: { type: "tiny-world", pairs: 32, testPrompts: 4 },
  methods: [
    {
      name: "uniarm",
      training: {
        steps: 6,
        batchPairs: 4,
        adapter: { kind: "moslora", rank: 2 },
        optimizer: { learningRate: 0.1, warmupSteps: 0 },
      },
      strength: 40,
    },
  ],
  divisions: 2,
  maxNewTokens: 8,
  judging: { judge, concurrency: 1 },
  ...changes,
});
const endpointAt = (url: string): object => ({
  type: "endpoint",
  url,
  model: "a-judge:latest",
  keyVariable: "STUDY_JUDGE_KEY",
  retries: 0,
  parameters: { max_tokens: 50 },
  price: { promptPerMillion: 1, completionPerMillion: 10 },
});
const problemsOf = (config: object): string[] =>
  readConfig("study", config).problems.map(({ at, message }) => `${at}: ${message}`);

describe("the plan of a study with a judge", () => {
  const judge = endpointAt("http://localhost:1/v1");

  test("judges each method at each seed beside the base, on the study's objectives and the scorer's view", () => {
    const { nodes } = planLaunch("study", studyOf(judge, { seeds: [0, 1], decodeShards: 2 }));
    const judged = nodes.filter(({ kind }) => kind === "judge");
    expect(judged.map(({ name }) => name)).toEqual(["uniarm/0/judge", "uniarm/1/judge"]);
    expect(judged[0]!.inputs).toEqual({
      generations: ["uniarm/0/decode-1", "uniarm/0/decode-2"].map((node) => ({ node, output: "generations" })),
      opponent: ["base/decode-1", "base/decode-2"].map((node) => ({ node, output: "generations" })),
      scores: [{ node: "uniarm/0/score", output: "scores" }],
      opponentScores: [{ node: "base/score", output: "scores" }],
    });
    const { objectives } = judged[0]!.config as { objectives: { name: string }[] };
    expect(objectives.map(({ name }) => name)).toEqual(["helpful", "harmless"]);
    const own = { judging: { judge, objectives: [{ name: "polite", description: "Be polite." }] } };
    const unscored = planLaunch("study", studyOf(judge, own)).nodes.find(({ kind }) => kind === "judge")!;
    expect(Object.keys(unscored.inputs)).toEqual(["generations", "opponent"]); // no scorer knows it
  });

  test("counts questions and tokens, and what they cost, before anything is asked", () => {
    const study = StudyConfig.parse(planLaunch("study", studyOf(judge)).config);
    const plan = planJudging(study, testPrompts(4))!;
    expect(plan.questions).toBe(4 * 3 * 2 * 2); // prompts, preferences, objectives, orders
    expect(plan.completionTokens).toBe(48 * 50);
    expect(plan.cost).toBeCloseTo((plan.promptTokens + 10 * 48 * 50) / 1e6, 12);
    expect(plan.promptTokens / 48).toBeGreaterThan(2 * 8); // both answers are in each
    const free = { ...endpointAt("http://localhost:1/v1"), parameters: {} };
    const unlimited = StudyConfig.parse(planLaunch("study", studyOf(free)).config);
    expect(planJudging(unlimited, testPrompts(4))).toMatchObject({ completionTokens: null, cost: null });
  });

  test.each<[object, string]>([
    [
      { unguided: false },
      "judging: methods are judged against the base model's own answers: set unguided, or leave judging out",
    ],
    [
      { judging: { judge, preferences: [[0.3, 0.7]] } },
      "judging.preferences[0]: (0.3, 0.7) is not on the study's grid of 2 steps, at which answers are decoded",
    ],
    [
      { judging: { judge, maxRequests: 47 } },
      "judging.maxRequests: the judge of one training may be asked 48 questions: allow as many, or judge fewer preferences",
    ],
    [
      { judging: { judge: { ...judge, keyVariable: KEY } } },
      "judging.judge.keyVariable: keyVariable is the NAME of the environment variable that holds the key: capital letters, digits and _; the key itself belongs into no config",
    ],
  ])("%o is refused", (changes, sentence) => {
    expect(problemsOf(studyOf(judge, changes))).toContain(sentence);
  });
});

describe("a study that asks a scripted endpoint", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let endpoint: ChatEndpoint;
  let isDown = false;
  /** holds the longer answer for the better one; every seventh question it answers without a verdict */
  const script = ({ question }: { question: string }, index: number) => {
    if (isDown) return { status: 503, body: { error: { message: `down, ${KEY}` } } };
    const answer = (place: string): string =>
      new RegExp(`<${place}_answer>\n([^]*?)\n</${place}_answer>`).exec(question)![1]!;
    const [first, second] = [answer("first").length, answer("second").length];
    const better = first === second ? "tie" : first > second ? "first" : "second";
    return { body: chatCompletion(index % 7 === 6 ? "I cannot say." : `So.\n{"better": "${better}"}`) };
  };
  beforeAll(async () => {
    await openEngine();
    folder = await temporaryFolder();
    endpoint = await openChatEndpoint(script);
  });
  afterAll(async () => {
    await endpoint.close();
    await folder.remove();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    isDown = false;
  });

  interface Ran {
    end: "finished" | "stopped";
    events: GraphEvent[];
  }
  async function run(name: string, onEvent?: (event: GraphEvent, stop: () => void) => void): Promise<Ran> {
    const stop = new AbortController();
    const running = runStudy(planLaunch("study", studyOf(endpointAt(endpoint.url))), {
      folder: join(folder.path, name),
      signal: stop.signal,
    });
    const events: GraphEvent[] = [];
    for (;;) {
      const next = await running.next();
      if (next.done) return { end: next.value, events };
      events.push(next.value);
      onEvent?.(next.value, () => {
        stop.abort();
      });
    }
  }
  const read = (name: string, file: string): Promise<string> => readFile(join(folder.path, name, file), "utf8");
  const verdictsOf = async (name: string): Promise<Verdict[]> =>
    (await read(name, "uniarm/judge/verdicts.jsonl"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Verdict);

  test("without its key it says which variable to set, when it comes to the judge; with it, stopped in the middle, it asks nothing twice", async () => {
    await expect(run("study")).rejects.toThrow(
      "The environment variable STUDY_JUDGE_KEY, which keyVariable names, is not set",
    );
    vi.stubEnv("STUDY_JUDGE_KEY", KEY);
    const stopped = await run("study", ({ event }, stop) => {
      if (event.type === "progress" && event.phase === "judge" && event.done === 5) stop();
    });
    expect(stopped.end).toBe("stopped");
    expect(endpoint.requests.length).toBeLessThan(8);

    isDown = true;
    await expect(run("study")).rejects.toThrow(
      /gave no answer in 1 tries; the last time: 503: down, \[key\]\. What was answered is kept/,
    );
    isDown = false;
    expect((await run("study")).end).toBe("finished");

    const verdicts = await verdictsOf("study");
    const distinct = new Set(endpoint.requests.map(({ question }) => question));
    const asked = endpoint.requests.filter(
      ({ question }, place, all) => all.findIndex((one) => one.question === question) === place,
    );
    expect(endpoint.requests.length - asked.length).toBeLessThanOrEqual(1); // the one that met 503
    expect(verdicts).toHaveLength(4 * 3 * 2);
    const differing = verdicts.filter(({ reason }) => reason !== "identical");
    expect(differing.length).toBeGreaterThan(4);
    expect(distinct.size).toBeLessThanOrEqual(2 * differing.length);
    for (const { headers } of endpoint.requests) expect(headers.authorization).toBe(`Bearer ${KEY}`);
    const { model } = endpoint.requests[0]!.body;
    expect(model).toBe("a-judge:latest");
  }, 120_000);

  test("its report has win rates by hand, failures counted, agreement with the scorer, cost; and no file has the key", async () => {
    const report = await writeStudyReport(join(folder.path, "study"), join(folder.path, "report"));
    const [judged] = report.report.judged!.runs;
    const verdicts = await verdictsOf("study");
    for (const rate of judged!.report.rates) {
      const own = verdicts.filter(
        ({ preference, objective }) => objective === rate.objective && String(preference) === String(rate.preference),
      );
      const points = own.map(({ outcome }) => ({ win: 1, tie: 0.5, failed: 0.5, loss: 0 })[outcome]);
      expect(own).toHaveLength(4);
      if (rate.winRate) expect(rate.winRate.value).toBeCloseTo(points.reduce((sum, one) => sum + one, 0) / 4, 12);
    }
    const failed = verdicts.filter(({ outcome }) => outcome === "failed").length;
    expect(failed).toBeGreaterThan(0);
    expect(judged!.report.rates.reduce((sum, rate) => sum + rate.failed, 0)).toBe(failed);
    expect(judged!.report.agreement!.map(({ objective }) => objective)).toEqual(["helpful", "harmless"]);
    const { answers, cost } = judged!.report.usage;
    expect(cost).toBeCloseTo((answers * (100 + 10 * 10)) / 1e6, 12); // each answer says 100 and 10 tokens
    const markdown = await read("report", "tables.md");
    expect(markdown).toMatch(/## Win rates\n\n.*by a-judge:latest:/);
    expect(markdown).toContain(`Cost in all: ${Number(cost!.toFixed(6))}.`);

    const stored = JSON.parse(await read("study", "uniarm/judge/judge.json")) as JudgeReport;
    expect(stored.judge).toMatchObject({ keyVariable: "STUDY_JUDGE_KEY" });
    for (const file of await readdir(folder.path, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const path = join(file.parentPath, file.name);
      expect((await readFile(path)).includes(KEY), path).toBe(false);
    }
  });

  test("what no judge has answered yet is absent and named", async () => {
    await writeFile(
      join(folder.path, "study/stages/uniarm/judge.json"),
      JSON.stringify({ read: {}, outputs: { judged: { "judge.json": "gone" } } }),
    );
    const { report, tables } = await writeStudyReport(join(folder.path, "study"), join(folder.path, "part"));
    expect(report.judged).toEqual({ runs: [], missing: ["uniarm, seed 0"] });
    expect(tables.find(({ id }) => id === "win-rates")!.notes.at(-1)).toBe(
      "Not judged yet, and in no figure: uniarm, seed 0.",
    );
  });
});
