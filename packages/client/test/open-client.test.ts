import { afterEach, expect, test } from "vitest";
import { ask, codeOf, openClient, statusOf } from "../src/index.ts";
import { fakeServer, refusal, sendJson, type FakeServer } from "./fake-server.ts";

let server: FakeServer | undefined;
afterEach(async () => server?.close());

test("the key is sent in a header and never in an address, with or without a slash at the server's end", async () => {
  server = await fakeServer((_heard, response) => sendJson(response, 200, { result: { data: { projects: [] } } }));
  for (const url of [server.url, `${server.url}/`, `${server.url}//`]) {
    const { api } = openClient({ url, key: "secret", headers: { "x-more": "1" } });
    expect(await api.projects.list.query({})).toEqual({ projects: [] });
  }
  for (const { path, headers } of server.heard) {
    expect(path).toMatch(/^\/trpc\/projects\.list\?/);
    expect(path).not.toContain("secret");
    expect(headers).toMatchObject({ authorization: "Bearer secret", "x-more": "1" });
  }
});

test("a stream is asked for with the key in a header, and again from where it was cut", async () => {
  server = await fakeServer(({ path, headers }, response) => {
    const input = JSON.parse(new URL(path, "http://x").searchParams.get("input")!) as { lastEventId: number };
    const after = Number(headers["last-event-id"] ?? input.lastEventId);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("retry: 10\nevent: connected\ndata: {}\n\n");
    response.write(`id: ${after + 1}\ndata: ${JSON.stringify({ sequence: after + 1 })}\n\n`);
    setTimeout(() => response.destroy(), 50);
  });
  const { api } = openClient({ url: server.url, key: "secret" });
  const heard: number[] = [];
  await new Promise<void>((done, failed) => {
    const subscription = api.runs.changes.subscribe(
      { id: "r", lastEventId: 4 },
      {
        onData: ({ data }) => {
          heard.push(data.sequence);
          if (heard.length < 2) return;
          subscription.unsubscribe();
          done();
        },
        onError: failed,
      },
    );
  });
  expect(heard).toEqual([5, 6]);
  for (const { path, headers } of server.heard) {
    expect(path).not.toContain("secret");
    expect(headers.authorization).toBe("Bearer secret");
  }
});

test("what the server refuses becomes an error with its code and sentence", async () => {
  server = await fakeServer((_heard, response) =>
    sendJson(response, 404, refusal(404, "There is no run x.", "run-missing")),
  );
  const client = openClient({ url: server.url });
  const get = async (): Promise<unknown> => client.api.runs.get.query({ id: "x" });
  await expect(ask(client, get)).rejects.toMatchObject({
    name: "UniArmError",
    code: "run-missing",
    message: "There is no run x.",
  });
  const bare: unknown = await get().catch((error: unknown) => error);
  expect([codeOf(bare), statusOf(bare)]).toEqual(["run-missing", 404]);
});

test("a server that is away is named, with what to do", async () => {
  server = await fakeServer(() => undefined);
  const client = openClient({ url: server.url });
  await server.close();
  const call = ask(client, () => client.api.projects.list.query({}));
  await expect(call).rejects.toMatchObject({ code: "server-away", message: expect.stringContaining(client.url) });
  await expect(call).rejects.toThrow("uniarm serve");
});

test("what a call throws by itself is passed on", async () => {
  const own = new RangeError("mine");
  await expect(ask({ url: "" }, () => Promise.reject(own))).rejects.toBe(own);
});
