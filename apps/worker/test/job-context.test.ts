import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { WorkKind } from "@uniarm/pipeline/schema";
import { jobContext } from "../src/job/context.ts";
import type { JobFile } from "../src/job/job-file.ts";

const job = (kind: WorkKind, config: unknown, more: Partial<JobFile> = {}) =>
  jobContext(
    { step: null, inputs: {}, datasets: [], checkpoints: {}, ...more, kind, config },
    new AbortController().signal,
    () => undefined,
  );
const decoding = { model: "tiny-world:quick", prompts: "dataset:asked" };

describe("the config of a job", () => {
  test("that an older version stored has its defaults filled in before its references are followed", () => {
    const inputs = { reports: [["report.json"], ["report.json"]] };
    expect(job("compare", { names: ["one", "two"] }, { inputs }).config).toEqual({
      names: ["one", "two"],
      reports: ["inputs/reports/0/report.json", "inputs/reports/1/report.json"],
    });
  });

  test("names files of this disk: a single file itself, several by their folder", () => {
    const checkpoints = { abc: ["output/config.json", "output/checkpoints/step-5/manifest.json"] };
    const config = { decoding: { ...decoding, checkpoint: "checkpoint:abc", preferences: [[1, 0]] } };
    expect(job("decode", config, { datasets: ["asked"], checkpoints }).config).toMatchObject({
      decoding: { prompts: "datasets/asked", checkpoint: "checkpoints/abc/output/checkpoints/step-5" },
    });
  });

  const PROGRAM = { type: "program", programs: [{ objectives: [{ name: "short" }], command: ["python3", "rule.py"] }] };
  const scoring = { generations: ["answers.jsonl"], scorer: PROGRAM };

  test("that scores with a program is refused unless the worker was started to allow it", () => {
    const { UNIARM_WORKER_PROGRAMS: before } = process.env;
    try {
      delete process.env.UNIARM_WORKER_PROGRAMS;
      const sentence = "This worker runs no programs that a launch names, and this one scores with python3 rule.py.";
      expect(() => job("score", scoring)).toThrow(sentence);
      const { scorer } = scoring;
      const training = { model: "m", pairs: "p", objectives: [{ name: "short", description: "Be short." }] };
      expect(() => job("train", { ...training, exploration: { scorer } })).toThrow(sentence);
      const shipped = { type: "program", programs: [{ objectives: [{ name: "short" }], shipped: "length" }] };
      expect(job("score", { ...scoring, scorer: shipped }).config).toMatchObject({ scorer: shipped });
      process.env.UNIARM_WORKER_PROGRAMS = "1";
      expect(job("score", scoring).config).toMatchObject({ scorer: { programs: [{ folder: process.cwd() }] } });
    } finally {
      if (before === undefined) delete process.env.UNIARM_WORKER_PROGRAMS;
      else process.env.UNIARM_WORKER_PROGRAMS = before;
    }
  });

  describe("that asks an endpoint to judge", () => {
    const ASKED = { url: "https://judge.example.com/v1/", keyVariable: "JUDGE_KEY" };
    const judging = {
      judge: { type: "endpoint", model: "a-model:latest", ...ASKED },
      objectives: [{ name: "helpful", description: "Help." }],
      generations: ["answers.jsonl"],
      opponent: ["base.jsonl"],
    };
    const allowed = (judges: string): void => {
      vi.stubEnv("UNIARM_WORKER_JUDGES", judges);
    };
    afterEach(() => {
      vi.unstubAllEnvs();
    });

    test.each([
      ["", "without any"],
      ["https://judge.example.com/v1", "for another key"],
      ["https://judge.example.com/v1=OTHER_KEY", "for a key of another name"],
      ["https://other.example.com/v1=JUDGE_KEY", "of another address: the key would go elsewhere"],
    ])("is refused by a worker that allows %j (%s)", (judges) => {
      allowed(judges);
      expect(() => job("judge", judging)).toThrow(
        "This worker asks no judge at https://judge.example.com/v1/ with the key in JUDGE_KEY. Whoever runs it allows that with `uniarm worker --judge https://judge.example.com/v1/=JUDGE_KEY`",
      );
    });

    test("is done where the worker was started to ask it; the name of its model is no path", () => {
      allowed("http://localhost:1/v1 https://judge.example.com/v1=JUDGE_KEY");
      expect(job("judge", judging).config).toMatchObject({
        judge: { model: "a-model:latest" },
        opponent: [join(process.cwd(), "base.jsonl")],
      });
    });

    test("needs no such word for a model folder", () => {
      allowed("");
      const { judge } = job("judge", { ...judging, judge: { type: "local", model: "judge" } }).config as typeof judging;
      expect(judge.model).toBe(join(process.cwd(), "judge"));
    });
  });

  test.each([
    ["decode", { decoding }, "There is no dataset asked in this project. Upload it: uniarm datasets add"],
    ["score", { scorer: { type: "tiny-world" } }, "No run gives the input generations."],
    [
      "decode",
      { decoding: { model: "m", prompts: "p", checkpoint: "checkpoint:gone", preferences: [[1]] } },
      "There is no checkpoint gone: it was removed, or holds no ARM.",
    ],
    ["train", { model: "datasets:x" }, "did you mean dataset:x?"],
  ] as const)("of %s with %j is refused with a sentence", (kind, config, sentence) => {
    expect(() => job(kind, config)).toThrow(sentence);
  });
});
