import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UniArmError } from "@uniarm/core/schema";
import { serving, type Serving } from "./serving.ts";

let api: Serving;
beforeAll(async () => {
  api = await serving();
});
afterAll(async () => api.close());

const sha = (content: string): string => createHash("sha256").update(content).digest("hex");
const put = (name: string, body: string, scope: "read" | "write" | null = "write") =>
  api.ask(scope, "PUT", `/api/blobs/${name}`, body, { "content-type": "application/octet-stream" });

describe("blobs", () => {
  test("go in and come out, whole or in parts", async () => {
    const content = "0123456789";
    expect(await put(sha(content), content)).toMatchObject({ status: 201, body: { size: 10 } });
    const whole = await api.ask("read", "GET", `/api/blobs/${sha(content)}?name=digits.txt`);
    expect(whole.headers.get("content-disposition")).toBe('attachment; filename="digits.txt"');
    const get = async (range: string) => {
      const answer = await fetch(`${api.url}/api/blobs/${sha(content)}`, {
        headers: { authorization: `Bearer ${api.keys.read}`, range },
      });
      return [answer.status, answer.status === 206 ? await answer.text() : "", answer.headers.get("content-range")];
    };
    expect(await get("bytes=2-4")).toEqual([206, "234", "bytes 2-4/10"]);
    expect(await get("bytes=-3")).toEqual([206, "789", "bytes 7-9/10"]);
    expect(await get("bytes=7-")).toEqual([206, "789", "bytes 7-9/10"]);
    expect(await get("bytes=10-")).toEqual([416, "", "bytes */10"]);
  });

  test("are taken under their own name only, and from those who may write", async () => {
    expect((await put(sha("one"), "another")).status).toBe(400);
    expect((await put(sha("x"), "x", "read")).status).toBe(403);
    expect((await put(sha("x"), "x", null)).status).toBe(401);
  });

  test("that are refused halfway are answered, and their connection stays open", async () => {
    const { store } = api.services;
    const real = store.put;
    store.put = async (source) => {
      for await (const chunk of source) if (chunk.length > 0) break;
      throw new UniArmError("store-full", "There is no disk left.");
    };
    for (let count = 0; count < 5; count++) {
      const answer = await put(sha("x"), "x".repeat(2 * 2 ** 20));
      expect(answer).toMatchObject({ status: 503, body: { message: "There is no disk left." } });
    }
    store.put = real;
  });

  test.each([
    "..%2f..%2fetc%2fpasswd",
    "../../../etc/passwd",
    "....//....//etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%252f..%252fetc",
    "%00",
    `${"a".repeat(64)}%00.txt`,
    `${"A".repeat(64)}`,
    "C:%5Cwindows",
    "incoming",
    `${"a".repeat(4000)}`,
  ])("have no name %s", async (name) => {
    for (const method of ["GET", "PUT"]) {
      const { status } = await api.ask("write", method, `/api/blobs/${name}`, method === "PUT" ? "x" : undefined, {
        "content-type": "application/octet-stream",
      });
      expect([400, 404, 415]).toContain(status);
    }
  });

  test("named as files of an attempt stay inside its folder", async () => {
    for (const path of ["../x", "/etc/passwd", "a/../../b", "a//b", "a\\b", ".", "..", "a/./b", "-rf", "a\u0000b"]) {
      const events = [
        { sequence: 1, time: 0, type: "artifact", name: "x", files: [{ path, sha256: "a".repeat(64), size: 1 }] },
      ];
      expect((await api.ask("write", "POST", "/trpc/work.events", { attemptId: "x", events })).status, path).toBe(400);
    }
  });
});

describe("input", () => {
  test.each([
    ['{"__proto__": {"admin": true}, "name": "x"}', 400],
    ['{"constructor": {"prototype": {"admin": true}}, "name": "x"}', 400],
    ["{", 400],
    ["[]", 400],
    ['"text"', 400],
    ["null", 400],
    ["", 400],
    [`{"name": "${"x".repeat(17 * 2 ** 20)}"}`, 413],
    [`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`, 400],
  ])("of the wrong kind is refused: %#", async (body, status) => {
    const answer = await api.ask("write", "POST", "/api/projects", body);
    expect(answer.status).toBe(status);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test.each(["__proto__", "constructor", "prototype"])("of a clone's changes cannot name %s", async (key) => {
    const { body } = await api.ask("write", "POST", "/api/runs", { kind: "sleep" });
    const { status } = await api.ask(
      "write",
      "POST",
      "/trpc/runs.clone",
      `{"id": "${String(body.id)}", "changes": {"keys": ["x"], "deep": {"${key}": {"a": 1}}}}`,
    );
    expect(status).toBe(400);
  });

  test.each([
    '\'; DROP TABLE "Run"; --',
    'name = "\' OR 1=1 --"',
    'config.a\'); DELETE FROM "Run"; -- = 1',
    "metric.x') = 1",
    "\u0000",
  ])("of a filter stays text: %j", async (filter) => {
    const { status } = await api.ask("read", "GET", `/api/runs?filter=${encodeURIComponent(filter)}`);
    expect([200, 400]).toContain(status);
    expect((await api.ask("read", "GET", "/api/runs")).status).toBe(200);
  });

  test("of a sort or a column is a field or refused", async () => {
    for (const sort of ['id; DROP TABLE "Run"', "config.", "-", "1", "(SELECT 1)"])
      expect([200, 400]).toContain((await api.ask("read", "GET", `/api/runs?sort=${encodeURIComponent(sort)}`)).status);
    expect((await api.ask("read", "GET", "/api/runs?cursor=nonsense")).status).toBe(400);
    expect((await api.ask("read", "GET", "/api/runs?limit=100000")).status).toBe(400);
  });

  test("with a NUL, which Postgres cannot keep, is a 400 and not a defect", async () => {
    expect((await api.ask("write", "POST", "/api/runs", { kind: "sleep", name: "a\u0000b" })).status).toBe(400);
    expect((await api.ask("write", "POST", "/api/projects", { name: "p", description: "\u0000" })).status).toBe(400);
  });
});

describe("a launch that says experiment, as studies and groups were called,", () => {
  test.each([
    ["as its key", { kind: "sleep", experiment: "sweep" }, 'The key "experiment" is called "group" now'],
    ["as its kind", { kind: "experiment" }, 'The kind "experiment" is called "study" now'],
  ])("%s is told the name of today", async (_, launch, sentence) => {
    for (const path of ["/api/runs", "/trpc/runs.launch"]) {
      const { status, body } = await api.ask("write", "POST", path, launch);
      expect(status).toBe(400);
      expect(JSON.stringify(body).replaceAll("\\", "")).toContain(sentence);
    }
  });
});

test("a project and a group that several make at once are made once", async () => {
  const launch = { kind: "sleep", project: "made at once", group: "together" };
  const answers = await Promise.all(Array.from({ length: 8 }, () => api.ask("write", "POST", "/api/runs", launch)));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  const { body } = await api.ask("read", "GET", "/api/groups?project=made%20at%20once");
  expect(body.groups).toMatchObject([{ name: "together", runs: 8 }]);
});

describe("the REST API", () => {
  test("is described as OpenAPI 3.1, every operation with its answer and its security", async () => {
    const { body } = await api.ask(null, "GET", "/api/openapi.json");
    expect(body.openapi).toBe("3.1.0");
    const paths = body.paths as Record<
      string,
      Record<string, { summary?: string; security?: unknown; operationId: string }>
    >;
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    expect(operations.length).toBeGreaterThan(30);
    for (const { summary, operationId } of operations) expect(summary, operationId).toBeTruthy();
  });

  test("answers what is not there with a sentence", async () => {
    expect(await api.ask("read", "GET", "/api/nothing")).toMatchObject({ status: 404 });
    expect(await api.ask("read", "GET", "/api/runs/zzzz")).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining("uniarm runs ls") },
    });
    expect(await api.ask("read", "GET", "/api/fronts/zzzz")).toMatchObject({ status: 404 });
  });

  test("says how the server is, for people and for Prometheus", async () => {
    expect((await api.ask(null, "GET", "/health")).status).toBe(200);
    expect((await api.ask(null, "GET", "/ready")).body).toEqual({ ok: true });
    const { body } = await api.ask("read", "GET", "/metrics");
    expect(body.text).toContain("uniarm_runs");
    expect((await api.ask(null, "GET", "/metrics")).status).toBe(401);
  });
});
