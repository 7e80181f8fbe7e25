import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createServer } from "../src/server.ts";
import { serving, type Serving } from "./serving.ts";

const PAGE = "<!doctype html><title>tracker</title>";
let api: Serving;
let server: FastifyInstance;
beforeAll(async () => {
  api = await serving();
  const folder = join(api.folder, "pages");
  await mkdir(join(folder, "assets"), { recursive: true });
  await writeFile(join(folder, "index.html"), PAGE);
  await writeFile(join(folder, "assets/main-1a2b.js"), "start()");
  await writeFile(join(folder, "assets/main-1a2b.js.gz"), gzipSync("start()"));
  server = await createServer({ services: api.services, pages: folder });
});
afterAll(async () => {
  await server.close();
  await api.close();
});

const get = (url: string, headers: Record<string, string> = { accept: "text/html" }) =>
  server.inject({ method: "GET", url, headers });

describe("the tracker's pages", () => {
  test.each(["/", "/runs/abc?tab=logs", "/fronts", "/apiary"])("are one file at every address: %s", async (url) => {
    const { statusCode, body, headers } = await get(url);
    expect([statusCode, body]).toEqual([200, PAGE]);
    expect(headers["cache-control"]).toBe("no-cache");
    expect(headers["content-security-policy"]).toContain("default-src 'self'");
  });

  test("load what has a hash in its name once, and packed", async () => {
    const { headers, rawPayload } = await get("/assets/main-1a2b.js", { "accept-encoding": "gzip" });
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(headers["content-encoding"]).toBe("gzip");
    expect(rawPayload).toEqual(gzipSync("start()"));
  });

  test.each(["/assets/gone.js", "/api/nothing", "/trpc/nothing"])("are no answer for %s", async (url) => {
    const { statusCode, body } = await get(url);
    expect(statusCode).toBe(404);
    expect(body).not.toContain("<title>");
  });

  test("are no answer for programs, which get the sentence", async () => {
    const { statusCode, body } = await get("/runs", { accept: "application/json" });
    expect(statusCode).toBe(404);
    expect(body).toContain("There is no GET /runs");
  });
});
