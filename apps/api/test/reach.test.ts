import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reachOf } from "../src/reach.ts";
import { createServer } from "../src/server.ts";
import { serving, type Serving } from "./serving.ts";

const FROM_PAGE = { "x-uniarm-request": "1", "content-type": "application/json" };

let api: Serving;
beforeAll(async () => {
  api = await serving();
});
afterAll(async () => api.close());

type Asked = Record<string, string>;

/** The same server, reached in another way. */
const reached = async (reach: Parameters<typeof reachOf>[0], remoteAddress = "127.0.0.1") => {
  const server = await createServer({
    services: { ...api.services, settings: { ...api.services.settings, reach: reachOf(reach) } },
  });
  const login = async (headers: Asked, key = api.keys.write) =>
    server.inject({
      method: "POST",
      url: "/api/login",
      headers: { ...FROM_PAGE, host: "127.0.0.1:4747", ...headers },
      payload: { key },
      remoteAddress,
    });
  return { server, login, [Symbol.asyncDispose]: async () => server.close() };
};

describe("a login through a proxy that changes Host", () => {
  const page = { origin: "http://lab.example.org" };

  test("is refused where nobody said what the server is called, with a sentence that says what to do", async () => {
    await using direct = await reached({});
    const { statusCode, body } = await direct.login(page);
    expect(statusCode).toBe(403);
    expect(body).toContain("given by http://lab.example.org, and this server was asked as 127.0.0.1:4747");
    expect(body).toContain("--public-url http://lab.example.org");
  });

  test.each<[string, Parameters<typeof reachOf>[0], Asked]>([
    ["the public address is known", { UNIARM_PUBLIC_URL: "http://lab.example.org/uniarm" }, page],
    [
      "a trusted proxy names it",
      { UNIARM_TRUST_PROXY: "loopback" },
      { ...page, "x-forwarded-host": "lab.example.org" },
    ],
    [
      "a trusted proxy writes out the port of http",
      { UNIARM_TRUST_PROXY: "127.0.0.0/8" },
      { ...page, "x-forwarded-host": "lab.example.org:80" },
    ],
    [
      "the browser says that the page is this server's",
      {},
      { origin: "https://lab.example.org", "sec-fetch-site": "same-origin" },
    ],
    ["the proxy leaves out the port", {}, { origin: "http://lab.example.org:8080", host: "lab.example.org" }],
  ])("works where %s", async (_, reach, headers) => {
    await using proxied = await reached(reach);
    expect((await proxied.login(headers)).statusCode).toBe(200);
  });

  test.each<[string, Parameters<typeof reachOf>[0], Asked]>([
    ["an untrusted sender names the host", {}, { ...page, "x-forwarded-host": "lab.example.org" }],
    [
      "another address is trusted",
      { UNIARM_TRUST_PROXY: "10.0.0.5" },
      { ...page, "x-forwarded-host": "lab.example.org" },
    ],
    [
      "the browser says that another site sends it",
      {},
      { origin: "http://127.0.0.1:4747", "sec-fetch-site": "cross-site" },
    ],
    ["another port of the host sends it", {}, { origin: "http://127.0.0.1:9999" }],
    ["the public address has another port", { UNIARM_PUBLIC_URL: "http://lab.example.org:81" }, page],
  ])("is refused where %s", async (_, reach, headers) => {
    await using proxied = await reached(reach);
    expect((await proxied.login(headers)).statusCode).toBe(403);
  });
});

test.each<[string, Parameters<typeof reachOf>[0], Asked, boolean]>([
  ["https, by what the browser says", {}, { origin: "https://127.0.0.1:4747" }, true],
  ["https, by a trusted proxy", { UNIARM_TRUST_PROXY: "loopback" }, { "x-forwarded-proto": "https" }, true],
  ["https, by the public address", { UNIARM_PUBLIC_URL: "https://lab.example.org" }, {}, true],
  ["http, whatever an untrusted sender says", {}, { "x-forwarded-proto": "https" }, false],
  [
    "http, directly beside the proxy",
    { UNIARM_PUBLIC_URL: "https://lab.example.org" },
    { origin: "http://127.0.0.1:4747" },
    false,
  ],
])("a cookie is for https only under %s", async (_, reach, headers, isSecure) => {
  await using server = await reached(reach);
  const { statusCode, headers: answered } = await server.login(headers);
  expect(statusCode).toBe(200);
  expect(String(answered["set-cookie"]).includes("; Secure")).toBe(isSecure);
});

test("wrong keys are counted by the client that a trusted proxy names, and by nothing that a client writes", async () => {
  const failures = async (reach: Parameters<typeof reachOf>[0], headersOf: (index: number) => Asked) => {
    await using server = await reached(reach);
    let late = 0;
    for (let index = 0; index < 12; index++)
      late += Number((await server.login(headersOf(index), "uniarm_wrong")).statusCode === 429);
    return late;
  };
  const client = (index: number) => ({ "x-forwarded-for": `192.0.2.${index}` });
  expect(await failures({ UNIARM_TRUST_PROXY: "loopback" }, client)).toBe(0);
  expect(await failures({}, client)).toBe(2);
  // what a client wrote stands before what the proxy adds
  expect(
    await failures({ UNIARM_TRUST_PROXY: "loopback" }, (index) => ({
      "x-forwarded-for": `192.0.2.${index}, 198.51.100.7`,
    })),
  ).toBe(2);
});

test("two servers of one host have cookies of their own, and both stay logged in", async () => {
  const other = await serving();
  const login = async ({ ask, keys }: Serving) =>
    (await ask(null, "POST", "/api/login", { key: keys.write }, FROM_PAGE)).headers.get("set-cookie")!.split(";")[0]!;
  const cookies = [await login(api), await login(other)];
  expect(cookies[0]!.split("=")[0]).not.toBe(cookies[1]!.split("=")[0]);
  const cookie = cookies.join("; "); // a browser sends both to both
  for (const server of [api, other])
    expect((await server.ask(null, "GET", "/api/me", undefined, { cookie })).body).toMatchObject({ name: "writer" });
  await other.close();
});

test("a base path is answered with and without it, by pages, REST and procedures alike", async () => {
  await using based = await reached({ UNIARM_BASE_PATH: "uniarm/" });
  const get = async (url: string) => based.server.inject({ method: "GET", url });
  for (const path of ["/api/version", "/trpc/system.version?input=%7B%7D", "/health"])
    expect([(await get(path)).statusCode, (await get(`/uniarm${path}`)).statusCode]).toEqual([200, 200]);
  expect((await get("/uniarm2/api/version")).statusCode).toBe(404);
  expect((await get("/uniarm")).headers.location).toBe("/uniarm/");
  expect((await get("/uniarm/api/openapi.json")).json()).toMatchObject({ servers: [{ url: "/uniarm/api" }] });
});

test("a server without keys does nothing that another site's page asks for", async () => {
  const services = { ...api.services, settings: { ...api.services.settings, noAuth: true } };
  const server = await createServer({ services });
  const create = async (name: string, headers: Asked) =>
    (await server.inject({ method: "POST", url: "/api/projects", headers, payload: { name } })).statusCode;
  expect(await create("forged", { origin: "https://elsewhere.example" })).toBe(403);
  expect(await create("forged", { "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await create("by a program", {})).toBe(200);
  await server.close();
});

test.each([
  [{ UNIARM_PUBLIC_URL: "lab.example.org" }, /--public-url is the address that people type/],
  [{ UNIARM_PUBLIC_URL: "https://lab.example.org/a", UNIARM_BASE_PATH: "/b" }, /Leave out --base-path/],
  [{ UNIARM_BASE_PATH: "/../etc" }, /--base-path has letters/],
  [{ UNIARM_BASE_PATH: "/api" }, /also an address of the server's own/],
  [{ UNIARM_TRUST_PROXY: "1" }, /names the proxies' addresses/],
  [{ UNIARM_TRUST_PROXY: "0.0.0.0/0" }, /names the proxies' addresses/],
  [{ UNIARM_TRUST_PROXY: "loopback, proxy.local" }, /not "proxy\.local"/],
])("%j is refused with what was expected", (reach, sentence) => {
  expect(() => reachOf(reach)).toThrow(sentence);
});
