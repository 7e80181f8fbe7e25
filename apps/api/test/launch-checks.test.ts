import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { WORK_PROTOCOL } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { newId } from "@uniarm/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serving, type Serving } from "./serving.ts";
import { workerOf } from "./worker.ts";

let api: Serving;
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  api = await serving();
  const temporary = await temporaryFolder();
  folder = temporary.path;
  remove = temporary.remove;
});
afterAll(async () => {
  await api.close();
  await remove();
});

const launched = async (input: object): Promise<{ status: number; message: string }> => {
  const { status, body } = await api.ask("write", "POST", "/api/runs", input);
  return { status, message: String((body as { message?: string }).message) };
};
const workerOn = (host: string): Promise<unknown> =>
  workerOf(api).tell("hello", {
    id: newId(),
    name: host,
    host,
    version: "test",
    protocol: WORK_PROTOCOL,
    labels: [],
    slots: 1,
    alive: [],
  });

const study = (more: object): object => ({
  kind: "study",
  config: {
    task: {
      type: "files",
      objectives: ["a", "b"].map((name) => ({ name, description: name })),
      pairs: "dataset:pairs",
      prompts: join(folder, "prompts.jsonl"),
      rewardModels: ["a", "b"].map((objective) => ({ objective, model: join(folder, objective) })),
      normaliser: { nadir: [0, 0], ideal: [1, 1] },
      referencePoint: [0, 0],
    },
    methods: [{ name: "uniarm" }],
    ...more,
  },
});

test("a study is refused at its launch, with everything that is not there in one sentence each, and nothing is run", async () => {
  const unknown = await launched(study({}));
  expect(unknown.message).toBe("There is no dataset pairs in this project. Upload it: uniarm datasets add");
  await workerOn(hostname());
  await mkdir(join(folder, "a"));
  const { status, message } = await launched(study({}));
  expect(status).toBe(400);
  expect(message.split("\n")).toEqual([
    expect.stringContaining("There is no dataset pairs"),
    expect.stringContaining(`There is no ${join(folder, "prompts.jsonl")} on ${hostname()}, where all workers run`),
    expect.stringContaining(`There is no ${join(folder, "b")} on ${hostname()}`),
  ]);
  expect((await api.ask("read", "GET", "/api/runs")).body).toMatchObject({ runs: [] });
});

test("paths are another machine's affair where a worker runs there, and whoever launches may say so", async () => {
  const config = { decoding: { model: join(folder, "nowhere"), prompts: "tiny-world:4" } };
  expect((await launched({ kind: "decode", config })).message).toContain("nowhere");
  expect((await launched({ kind: "decode", config, checkPaths: false })).status).toBe(200);
  await workerOn("elsewhere");
  expect((await launched({ kind: "decode", config })).status).toBe(200);
});
