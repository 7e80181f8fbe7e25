import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appRouter } from "../src/router.ts";
import { settingsOf } from "../src/settings.ts";
import { serving, type Serving } from "./serving.ts";

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

  test("that are wrong too often make their sender wait", async () => {
    const other = await serving();
    const wrong = async () =>
      (await fetch(`${other.url}/api/projects`, { headers: { authorization: "Bearer uniarm_wrong" } })).status;
    const answers: number[] = [];
    for (let count = 0; count < 11; count++) answers.push(await wrong());
    expect(answers).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    await other.close();
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
  const FROM_PAGE = { "x-uniarm-request": "1" };

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
  const environment = { DATABASE_URL: "x", UNIARM_BLOBS: "x", UNIARM_NO_AUTH: "1", UNIARM_HOST: "0.0.0.0" };
  expect(() => settingsOf(environment)).toThrow(/Leave out --no-auth/);
  expect(() => settingsOf({ ...environment, UNIARM_HOST: "127.0.0.1" })).not.toThrow();
});
