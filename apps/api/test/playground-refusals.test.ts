import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchRun } from "@uniarm/db";
import { serving, type Serving } from "./serving.ts";
import { trainedArm, type TrainedArm } from "./trained-arm.ts";

let api: Serving;
let arm: TrainedArm;
beforeAll(async () => {
  api = await serving();
  arm = await trainedArm(api);
});
afterAll(async () => api.close());

describe("a request that does not fit", () => {
  test.each([
    [
      "a vector of another length",
      { preferences: [[0.5, 0.25, 0.25]] },
      "weighs 2 objectives. Give 2 entries that sum to 1, in the order [helpful, harmless]",
    ],
    ["a vector off the simplex", { preferences: [[0.7, 0.7]] }, "the entries must sum to 1"],
    ["an ARM without preferences", {}, "Say how much each objective counts"],
    ["preferences without an ARM", { arm: null, preferences: [[1, 0]] }, "Name a checkpoint or a run that trained one"],
    ["a base model that tiny-world has not", { model: "tiny-world:nope", preferences: [[1, 0]] }, "refers to nothing"],
    ["too many rows", { preferences: Array.from({ length: 33 }, () => [1, 0]) }, "preferences"],
    ["a prompt that is too long", { prompt: "x".repeat(20_001), preferences: [[1, 0]] }, "prompt"],
    ["more tokens than anybody reads", { maxNewTokens: 5000, preferences: [[1, 0]] }, "maxNewTokens"],
    ["a setting that does not exist", { temprature: 1, preferences: [[1, 0]] }, "temprature"],
  ])("because of %s is refused with a sentence", async (_, more, sentence) => {
    const { status, body } = await api.ask("write", "POST", "/api/generate", {
      project: "test",
      prompt: "Hello?",
      arm: arm.checkpoint,
      ...more,
    });
    expect(status).toBe(400);
    expect(body.message).toContain(sentence);
  });

  test("because of an ARM that is not there is refused with a sentence", async () => {
    const asked = { prompt: "Hello?", preferences: [[1, 0]] };
    const { projectId } = api;
    const run = await launchRun(api.db, { projectId, kind: "sleep", name: "sleeper", config: {}, labels: ["never"] });
    expect(await api.ask("write", "POST", "/api/generate", { ...asked, arm: run })).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining("has no checkpoint. Wait until it has saved one") },
    });
    expect((await api.ask("write", "POST", "/api/generate", { ...asked, arm: "zzzz" })).status).toBe(404);
  });

  test("because of its key is refused", async () => {
    expect((await api.ask("read", "POST", "/api/generate", { prompt: "p" })).status).toBe(403);
    expect((await api.ask(null, "POST", "/api/generate", { prompt: "p" })).status).toBe(401);
  });
});
