import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appRouter } from "../src/router.ts";
import { settingsOf } from "../src/settings.ts";
import { serving, type Serving } from "./serving.ts";

const FROM_PAGE = { "x-uniarm-request": "1" };
let api: Serving;
beforeAll(async () => {
  api = await serving();
});
afterAll(async () => api.close());

const procedures = Object.entries(
  appRouter._def.procedures as unknown as Record<string, { _def: { type: string; meta?: { scope?: string } } }>,
);
const SCOPES = ["public", "read", "write", "admin"];

describe("every procedure", () => {
  test.each(procedures)("%s declares its scope", (_, { _def }) => {
    expect(SCOPES).toContain(_def.meta?.scope);
  });

  test("that changes something asks for more than read", () => {
    const changing = procedures.filter(([, { _def }]) => _def.type === "mutation");
    expect(changing.length).toBeGreaterThan(20);
    expect(
      changing.filter(([, { _def }]) => !["write", "admin"].includes(_def.meta!.scope!)).map(([name]) => name),
    ).toEqual([]);
  });

  test.each(procedures.filter(([, { _def }]) => _def.meta?.scope !== "public"))(
    "%s refuses a caller without a key, and one with too small a scope",
    async (name, { _def }) => {
      const method = _def.type === "mutation" ? "POST" : "GET";
      const call = async (scope: "read" | null) =>
        api.ask(scope, method, `/trpc/${name}`, method === "POST" ? {} : undefined);
      if (_def.type === "subscription") {
        // a stream says it in its first event
        expect((await call(null)).body.text).toContain('"code":"UNAUTHORIZED"');
        return;
      }
      expect((await call(null)).status).toBe(401);
      const status = (await call("read")).status;
      if (_def.meta?.scope === "read") expect(status).not.toBe(403);
      else expect(status).toBe(403);
    },
  );
});

describe("keys", () => {
  test("are worth nothing when they are revoked, and the last admin key stays", async () => {
    const { body: made } = await api.ask("admin", "POST", "/api/keys", { name: "short-lived", scopes: ["read"] });
    const asked = async () =>
      (await fetch(`${api.url}/api/projects`, { headers: { authorization: `Bearer ${String(made.secret)}` } })).status;
    expect(await asked()).toBe(200);
    await api.ask("admin", "POST", `/api/keys/${String(made.id)}/revoke`);
    expect(await asked()).toBe(401);
    const { body: list } = await api.ask("admin", "GET", "/api/keys");
    const admin = (list.keys as { id: string; name: string }[]).find(({ name }) => name === "admin")!;
    const refused = await api.ask("admin", "POST", `/api/keys/${admin.id}/revoke`);
    expect(refused).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining("last key with scope admin") },
    });
    expect(JSON.stringify(list)).not.toContain(createHash("sha256").update(api.keys.admin).digest("hex"));
  });

  const times = async <T>(count: number, what: (index: number) => Promise<T>): Promise<T[]> => {
    const answers: T[] = [];
    for (let index = 0; index < count; index++) answers.push(await what(index));
    return answers;
  };
  const refusals = (count401: number, count429: number): number[] => [
    ...Array.from({ length: count401 }, () => 401),
    ...Array.from({ length: count429 }, () => 429),
  ];

  test("that are wrong too often make whoever sends them wait, and nobody else at that address", async () => {
    const other = await serving();
    const asked = async (key: string) =>
      fetch(`${other.url}/api/projects`, { headers: { authorization: `Bearer ${key}` } });
    const { headers } = await other.ask(null, "POST", "/api/login", { key: other.keys.write }, FROM_PAGE);
    const cookie = headers.get("set-cookie")!.split(";")[0]!;
    const stale = await times(12, async () => (await asked("uniarm_stale")).status);
    expect(stale).toEqual(refusals(10, 2));
    const late = await asked("uniarm_stale");
    expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(((await late.json()) as { message: string }).message).toContain("a valid key works at once");
    // a person who mistypes a key is told so, and whoever has a valid one notices nothing
    expect((await asked("uniarm_mistyped")).status).toBe(401);
    expect((await asked(other.keys.read)).status).toBe(200);
    expect((await other.ask(null, "GET", "/api/me", undefined, { cookie })).status).toBe(200);
    expect((await other.ask(null, "POST", "/api/login", { key: other.keys.write }, FROM_PAGE)).status).toBe(200);
    await other.close();
  });

  test("that are guessed at a login are limited by address, however they begin", async () => {
    const other = await serving();
    const login = async (key: string) => (await other.ask(null, "POST", "/api/login", { key }, FROM_PAGE)).status;
    expect(await times(32, async (index) => login(`${index} guess`))).toEqual(refusals(30, 2));
    expect(await login("")).toBe(429);
    expect(await login(other.keys.admin)).toBe(200);
    await other.close();
  });

  test("of other schemes are a proxy's own: the login behind them counts", async () => {
    const { headers } = await api.ask(null, "POST", "/api/login", { key: api.keys.write }, FROM_PAGE);
    const cookie = headers.get("set-cookie")!.split(";")[0]!;
    const behind = { authorization: "Basic dXNlcjpwYXNz", cookie };
    expect((await api.ask(null, "GET", "/api/me", undefined, behind)).body).toMatchObject({ name: "writer" });
  });

  test("of the server's own worker are replaced before they are revoked, in its file", async () => {
    const file = join(api.folder, "local-key");
    const before = (await readFile(file, "utf8")).trim();
    const { body } = await api.ask("admin", "GET", "/api/keys");
    const [own, ...others] = (body.keys as { id: string; isServers: boolean }[]).filter(({ isServers }) => isServers);
    expect(others).toEqual([]);
    const revoked = await api.ask("admin", "POST", `/api/keys/${own!.id}/revoke`);
    expect(revoked.body).toEqual({ id: own!.id, isReplaced: true });
    const after = (await readFile(file, "utf8")).trim();
    const asked = async (key: string) =>
      (await fetch(`${api.url}/api/me`, { headers: { authorization: `Bearer ${key}` } })).status;
    expect([await asked(before), await asked(after)]).toEqual([401, 200]);
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  test("are in no log, whatever is done with them", async () => {
    await api.ask("write", "POST", "/api/runs", { kind: "sleep", nonsense: api.keys.write });
    await api.ask("admin", "GET", `/api/projects?x=${api.keys.admin}`);
    await api.ask(null, "POST", "/api/login", { key: api.keys.admin }, { "x-uniarm-request": "1" });
    for (const key of Object.values(api.keys)) expect(api.logged()).not.toContain(key);
    expect(api.logged()).toContain('"msg":"request"');
  });
});

describe("a browser", () => {
  async function login(): Promise<string> {
    const { status, headers } = await api.ask(null, "POST", "/api/login", { key: api.keys.write }, FROM_PAGE);
    expect(status).toBe(200);
    const cookie = headers.get("set-cookie")!;
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    return cookie.split(";")[0]!;
  }

  test("logs in with a key, works by its cookie, and logs out", async () => {
    const cookie = await login();
    expect((await api.ask(null, "GET", "/api/me", undefined, { cookie })).body).toMatchObject({ name: "writer" });
    expect(
      (await api.ask(null, "POST", "/api/projects", { name: "from a page" }, { cookie, ...FROM_PAGE })).status,
    ).toBe(200);
    await api.ask(null, "POST", "/api/logout", {}, { cookie, ...FROM_PAGE });
    expect((await api.ask(null, "GET", "/api/me", undefined, { cookie })).status).toBe(401);
  });

  test("sent by another site's page changes nothing", async () => {
    const cookie = await login();
    const forged = [{ cookie }, { cookie, ...FROM_PAGE, origin: "https://elsewhere.example" }];
    for (const headers of forged)
      expect((await api.ask(null, "POST", "/api/projects", { name: "forged" }, headers)).status).toBe(403);
    expect((await api.ask(null, "POST", "/trpc/projects.create", { name: "forged" }, { cookie })).status).toBe(403);
    expect((await api.ask(null, "POST", "/api/login", { key: api.keys.write })).status).toBe(403);
  });

  test("is told to run no foreign script and to stay out of frames", async () => {
    const { headers } = await api.ask("read", "GET", "/api/projects");
    expect(headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(headers.get("content-security-policy")).not.toContain("script-src");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});

test("a server for everybody without keys is refused", () => {
  const environment = { UNIARM_DATABASE_URL: "x", UNIARM_BLOBS: "x", UNIARM_NO_AUTH: "1", UNIARM_HOST: "0.0.0.0" };
  expect(() => settingsOf(environment)).toThrow(/Leave out --no-auth/);
  expect(() => settingsOf({ ...environment, UNIARM_HOST: "127.0.0.1" })).not.toThrow();
});

test("addresses of a bucket are refused where the files are in a folder", () => {
  const environment = { UNIARM_DATABASE_URL: "x", UNIARM_BLOBS: "/data/blobs", UNIARM_BLOBS_REDIRECT: "1" };
  expect(() => settingsOf(environment)).toThrow(/the files are in the folder \/data\/blobs.*Unset it, or keep/);
  expect(() => settingsOf({ ...environment, UNIARM_BLOBS: "s3://lab/files" })).not.toThrow();
});
