import { Readable } from "node:stream";
import type { GenerateChunk } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { afterEach, expect, test } from "vitest";
import { generate, openClient } from "../src/index.ts";
import { fakeServer, sendJson, type FakeServer } from "./fake-server.ts";

let server: FakeServer | undefined;
afterEach(async () => server?.close());

const status: GenerateChunk = { type: "status", state: "ready", run: "r" };
const end: GenerateChunk = { type: "end", row: 0, finish: "eos", text: "häm — ok", logProbNats: -1, batchRows: 1 };
const eventOf = (chunk: GenerateChunk): string => `event: ${chunk.type}\ndata: ${JSON.stringify(chunk)}\n\n`;

/** So small that characters and lines are cut. */
async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += 7) {
    yield bytes.subarray(start, start + 7);
    await new Promise((done) => setTimeout(done, 1));
  }
}

test("chunks come out one by one, however the network cuts them, without the comments between them", async () => {
  const bytes = Buffer.from(`: waiting\n\n${eventOf(status)}: waiting\n\n${eventOf(end)}`);
  server = await fakeServer((_heard, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    Readable.from(piecesOf(bytes)).pipe(response);
  });
  const client = openClient({ url: server.url, key: "secret" });
  expect(await collect(generate(client, { prompt: "Why?" }))).toEqual([status, end]);
  const [asked] = server.heard;
  expect(asked).toMatchObject({ method: "POST", path: "/api/generate", headers: { authorization: "Bearer secret" } });
  expect(JSON.parse(String(asked!.body))).toEqual({ prompt: "Why?" });
});

test("who stops early closes the connection: the server hears of it", async () => {
  let closed = (): void => undefined;
  const gone = new Promise<void>((done) => {
    closed = done;
  });
  server = await fakeServer((_heard, response) => {
    response.on("close", closed);
    response.writeHead(200, { "content-type": "text/event-stream" }).write(eventOf(status));
  });
  for await (const chunk of generate(openClient({ url: server.url }), { prompt: "Why?" })) {
    expect(chunk).toEqual(status);
    break;
  }
  await gone;
});

test("a signal ends it with its own reason", async () => {
  server = await fakeServer((_heard, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(eventOf(status));
  });
  const stop = new AbortController();
  const reading = collect(generate(openClient({ url: server.url }), { prompt: "Why?" }, { signal: stop.signal }));
  setTimeout(() => stop.abort(new Error("enough")), 50);
  await expect(reading).rejects.toThrow("enough");
});

test("a refusal has the server's sentence; a cut connection says that the server is away", async () => {
  server = await fakeServer((_heard, response) =>
    sendJson(response, 400, { code: "BAD_REQUEST", message: "No such arm." }),
  );
  await expect(collect(generate(openClient({ url: server.url }), { prompt: "Why?" }))).rejects.toMatchObject({
    code: "server-refused",
    message: "No such arm.",
  });
  await server.close();
  await expect(collect(generate(openClient({ url: server.url }), { prompt: "Why?" }))).rejects.toMatchObject({
    code: "server-away",
  });
  server = await fakeServer((_heard, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(eventOf(status));
    setTimeout(() => response.destroy(), 20);
  });
  await expect(collect(generate(openClient({ url: server.url }), { prompt: "Why?" }))).rejects.toMatchObject({
    code: "server-away",
  });
});
