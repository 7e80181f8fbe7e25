import { setTimeout as sleep } from "node:timers/promises";
import { createTRPCClient, httpSubscriptionLink } from "@trpc/client";
import { EventSource } from "eventsource";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenerateChunk, type PlaygroundOrder } from "@uniarm/core/schema";
import type { AppRouter } from "../src/index.ts";
import { serving, type Serving } from "./serving.ts";
import { trainedArm, type TrainedArm } from "./trained-arm.ts";
import { workerOf, type Assignment } from "./worker.ts";

let api: Serving;
let arm: TrainedArm;
beforeAll(async () => {
  api = await serving();
  arm = await trainedArm(api);
});
afterAll(async () => api.close());

const tell = (path: string, body: object): Promise<unknown> => workerOf(api).tell(path, body);
const claimed = (): Promise<Assignment | null> => workerOf(api).claimed();

/** A stream as a client of the REST API reads it. */
async function generate(body: object, signal: AbortSignal | null = null) {
  const answer = await fetch(`${api.url}/api/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${api.keys.write}`, "content-type": "application/json" },
    body: JSON.stringify({ project: "test", prompt: "Hello?", ...body }),
    signal,
  });
  const heard: GenerateChunk[] = [];
  const done = (async () => {
    let text = "";
    for await (const bytes of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += bytes;
      const events = text.split("\n\n");
      text = events.pop()!;
      for (const event of events) heard.push(GenerateChunk.parse(JSON.parse(/^data: (.*)$/m.exec(event)![1]!)));
    }
  })();
  done.catch(() => undefined);
  return { answer, heard, done };
}

const orders = async (attemptId: string, seen: string[] = []) =>
  ((await tell("orders", { attemptId, seen, waitMs: 5000 })) as { orders: { id: string; order: PlaygroundOrder }[] })
    .orders;

const asks = (given: { order: PlaygroundOrder }[]) =>
  given.flatMap(({ order }) => (order.type === "ask" ? [order.request] : []));

const token = (id: string, text: string, row = 0) => ({
  id,
  type: "token",
  row,
  tokenId: 7,
  text,
  base: -1,
  arm: -0.5,
  arms: [-0.25],
  fused: -0.9,
  runnerUp: { tokenId: 8, text: "?", base: -2, arm: -1, arms: [-0.5], fused: -1.5 },
});
const end = (id: string, row = 0) => ({
  id,
  type: "end",
  row,
  finish: "eos",
  text: "Yes",
  logProbNats: -0.9,
  batchRows: 1,
});

const until = async (isSo: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 20_000; !isSo(); await sleep(20))
    if (Date.now() > deadline) throw new Error("It did not happen within 20 s.");
};
const kinds = (heard: GenerateChunk[]) => heard.map((chunk) => (chunk.type === "status" ? chunk.state : chunk.type));
const finish = async (attemptId: string, how = "SUCCEEDED", reason = ""): Promise<void> => {
  await tell("end", { attemptId, end: how, reason, exit: null, lastSequence: null });
};

test("the ARM of a run that is trained in rounds is that of its newest round", async () => {
  const { body } = await api.ask("read", "GET", `/api/arms/${arm.run}`);
  expect(body).toMatchObject({ checkpointId: arm.checkpoint, method: "uniarm", step: 2 });
});

test("a scorer's checkpoint is no ARM: it is not listed among them, and one that names it is told what it is for", async () => {
  const scorer = await trainedArm(api, "scorer");
  const { body } = await api.ask("read", "GET", "/api/arms?project=test");
  const listed = (body as { arms: { checkpointId: string }[] }).arms.map(({ checkpointId }) => checkpointId);
  expect(listed).toContain(arm.checkpoint);
  expect(listed).not.toContain(scorer.checkpoint);
  const asked = await api.ask("read", "GET", `/api/arms/${scorer.run}`);
  expect(JSON.stringify(asked.body)).toContain(
    `Checkpoint ${scorer.checkpoint} holds a scorer, which gives scores and answers nothing.`,
  );
});

describe("generate", () => {
  test("launches a run for its model and arm, says what it waits for, and streams; the next client finds the run", async () => {
    const first = await generate({ arm: arm.run, preferences: [[0.7, 0.3], null], strength: 2, seed: 5 });
    expect(first.answer.headers.get("content-type")).toBe("text/event-stream");
    const { attemptId, runId, kind, config, checkpoints } = (await claimed())!;
    expect({ kind, config }).toMatchObject({
      kind: "playground",
      config: { model: "tiny-world:quick", checkpoint: `checkpoint:${arm.checkpoint}`, idleMinutes: 10, maxRows: 32 },
    });
    expect(checkpoints[arm.checkpoint]!.map(({ path }) => path)).toEqual([
      "output/rounds/00/training/checkpoints/step-000003/manifest.json",
      "output/rounds/01/training/checkpoints/step-000002/manifest.json",
    ]);
    await until(() => kinds(first.heard).includes("loading"));

    const given = await orders(attemptId);
    const [request] = asks(given);
    expect(request).toMatchObject({ prompt: "Hello?", preferences: [[0.7, 0.3], null], strength: 2, seed: 5 });
    const second = await generate({ arm: arm.checkpoint, preferences: [[0, 1]] });
    const [other] = asks(
      await orders(
        attemptId,
        given.map(({ id }) => id),
      ),
    );
    expect(other!.id).not.toBe(request!.id);

    await tell("chunks", {
      attemptId,
      sequence: 1,
      chunks: [
        token(request!.id, "Y"),
        token(other!.id, "N"),
        token(request!.id, "es", 1),
        end(request!.id),
        end(other!.id),
      ],
    });
    await second.done;
    expect(kinds(second.heard)).toEqual(["ready", "token", "end"]);
    expect(second.heard[0]).toEqual({ type: "status", state: "ready", run: runId });
    await until(() => first.heard.at(-1)?.type === "end"); // each client is told by itself
    expect(first.heard.at(-1)).toMatchObject({ type: "end", row: 0, text: "Yes" });
    await tell("chunks", { attemptId, sequence: 2, chunks: [end(request!.id, 1)] });
    await first.done;
    expect(kinds(first.heard).slice(-5)).toEqual(["ready", "token", "token", "end", "end"]);
    expect(first.heard.find(({ type }) => type === "token")).toEqual({
      type: "token",
      row: 0,
      tokenId: 7,
      text: "Y",
      base: -1,
      arm: -0.5,
      arms: [-0.25],
      fused: -0.9,
      runnerUp: { tokenId: 8, text: "?", base: -2, arm: -1, arms: [-0.5], fused: -1.5 },
    });
    await finish(attemptId);
  });

  test("whose client goes away is cancelled at the worker", async () => {
    const client = new AbortController();
    await generate({}, client.signal);
    const { attemptId } = (await claimed())!;
    const given = await orders(attemptId);
    const [request] = asks(given);
    client.abort();
    const seen = given.map(({ id }) => id);
    expect((await orders(attemptId, seen)).map(({ order }) => order)).toEqual([{ type: "cancel", id: request!.id }]);
    expect(await tell("chunks", { attemptId, sequence: 1, chunks: [token(request!.id, "x")] })).toEqual({
      gone: [request!.id],
    });
    await finish(attemptId);
  });

  test("whose attempt dies is told why; the run continues for later requests", async () => {
    const { heard, done } = await generate({});
    const { attemptId, runId } = (await claimed())!;
    const [request] = asks(await orders(attemptId));
    await tell("chunks", { attemptId, sequence: 1, chunks: [token(request!.id, "x")] });
    await finish(attemptId, "LOST", "its process was killed (SIGKILL)");
    await done;
    expect(heard.at(-1)).toEqual({
      type: "error",
      code: "attempt-over",
      message: "The process that answered has ended: its process was killed (SIGKILL). Ask again.",
    });
    await expect(orders(attemptId)).rejects.toThrow("what it still says is ignored");
    const again = await claimed();
    expect(again!.runId).toBe(runId);
    await finish(again!.attemptId);
  });

  test("whose model cannot be opened hears the job's own sentence", async () => {
    const { heard, done } = await generate({ model: "nowhere" });
    const { attemptId, runId } = (await claimed())!;
    await finish(attemptId, "FAILED", "There is no model in nowhere.");
    await done;
    expect(heard.at(-1)).toEqual({
      type: "error",
      code: "playground-ended",
      message: `Run ${runId}, which held the model, ended FAILED (There is no model in nowhere.). Ask again, or see why: uniarm runs logs ${runId}`,
    });
  });

  test("that arrives while its idle run ends is answered by the next one", async () => {
    const { heard, done } = await generate({});
    const idle = (await claimed())!;
    await orders(idle.attemptId);
    await finish(idle.attemptId);
    const next = (await claimed())!;
    expect(next.runId).not.toBe(idle.runId);
    const [request] = asks(await orders(next.attemptId));
    await tell("chunks", { attemptId: next.attemptId, sequence: 1, chunks: [end(request!.id)] });
    await done;
    expect(heard.at(-1)).toMatchObject({ type: "end" });
    await finish(next.attemptId);
  });

  test("is a subscription as well", async () => {
    const authorization = `Bearer ${api.keys.write}`;
    class WithKey extends EventSource {
      constructor(url: string | URL) {
        super(url, { fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization } }) });
      }
    }
    const client = createTRPCClient<AppRouter>({
      links: [httpSubscriptionLink({ url: `${api.url}/trpc`, EventSource: WithKey as never })],
    });
    const heard: GenerateChunk[] = [];
    const complete = new Promise<void>((done) => {
      client.playground.generate.subscribe(
        { project: "test", prompt: "Hello?", arm: arm.checkpoint, preferences: [[1, 0]] },
        { onData: ({ data }) => void heard.push(data), onComplete: done },
      );
    });
    const { attemptId } = (await claimed())!;
    const [request] = asks(await orders(attemptId));
    await tell("chunks", { attemptId, sequence: 1, chunks: [token(request!.id, "Y"), end(request!.id)] });
    await complete;
    expect(kinds(heard).slice(-3)).toEqual(["ready", "token", "end"]);

    const leaving = client.playground.generate.subscribe(
      { project: "test", prompt: "Hello?", model: "tiny-world:quick", arm: arm.checkpoint, preferences: [[1, 0]] },
      { onData: () => undefined },
    );
    const given = await orders(attemptId);
    leaving.unsubscribe();
    const seen = given.map(({ id }) => id);
    expect((await orders(attemptId, seen)).map(({ id }) => id)).toEqual([`cancel ${asks(given)[0]!.id}`]);
    await finish(attemptId);
  });
});

test("the REST API's description has it", async () => {
  const { body } = await api.ask(null, "GET", "/api/openapi.json");
  const { post } = (body.paths as Record<string, { post: { requestBody: unknown } }>)["/generate"]!;
  expect(JSON.stringify(post.requestBody)).toContain("one response each, in the order of the ARM's objectives");
});
