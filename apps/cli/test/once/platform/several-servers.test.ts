import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscribe, type Subscriber } from "@uniarm/api/testing";
import { changesAfter, claim, createKey, launchRun, recordEvents } from "@uniarm/db";
import { numbered, someWorker, temporaryDatabase, type TemporaryDatabase } from "@uniarm/db/testing";
import { SleepJob } from "@uniarm/pipeline/schema";
import { blocksOf, isInstalled, startProxy, type Program } from "../../proxy.ts";
import { startApi, type ApiProcess } from "./api-process.ts";

const CLIENTS = process.env.UNIARM_CHAOS === "full" ? 500 : 40;
/** The same at all of them, as docs/deployment.md says. */
const PUBLIC_URL = "https://uniarm.example.org";

let temporary: TemporaryDatabase;
let servers: ApiProcess[];
let key: string;

const settings = (index: number): Record<string, string> => ({
  UNIARM_DATABASE_URL: temporary.url,
  UNIARM_BLOBS: join(temporary.folder, "blobs"),
  UNIARM_LOCAL_KEY: join(temporary.folder, `local-key-${index}`),
  UNIARM_PUBLIC_URL: PUBLIC_URL,
  UNIARM_TRUST_PROXY: "loopback",
});

beforeAll(async () => {
  temporary = await temporaryDatabase();
  servers = await Promise.all([0, 1].map((index) => startApi(settings(index))));
  key = (await createKey(temporary.db, { name: "test", scopes: ["read", "write", "admin"] })).secret;
});
afterAll(async () => {
  await Promise.all((servers ?? []).map((server) => server.stop()));
  await temporary?.close();
});

/** Starts the one that was killed, at its address. */
async function startAgain(index: number): Promise<void> {
  servers[index] = await startApi({ ...settings(index), UNIARM_PORT: new URL(servers[index]!.url).port });
}

async function liveRun(name: string): Promise<{ runId: string; record: (step: number) => Promise<number> }> {
  const { db, projectId } = temporary;
  const runId = await launchRun(db, { projectId, kind: "sleep", name, config: SleepJob.parse({}), labels: [name] });
  const { attemptId } = (await claim(db, { ...someWorker(name), leaseSeconds: 3600 }))!;
  const record = (step: number): Promise<number> =>
    recordEvents(db, attemptId, numbered([{ type: "metric", step, values: { loss: step } }], step));
  return { runId, record };
}

const connectionsOf = (clients: readonly Subscriber[]): number =>
  clients.reduce((sum, { connections }) => sum + connections(), 0);

test("of two servers that start together on an empty database one makes the admin key", () => {
  expect(servers.filter(({ adminKey }) => adminKey !== null)).toHaveLength(1);
});

describe.each<Program>(["nginx", "caddy"])("behind %s", (program) => {
  test.skipIf(!isInstalled(program))(
    `${CLIENTS} clients hear of every event once while each of two servers is killed and started again (needs ${program})`,
    async () => {
      const { runId, record } = await liveRun(program);
      const [block] = await blocksOf(program, "deployment.md");
      const proxy = await startProxy(program, block!, servers[0]!.url, servers[1]!.url);
      const url = `https://127.0.0.1:${proxy.port}`;
      const following = { url, key, runId, certificate: proxy.certificate };
      const clients = Array.from({ length: CLIENTS }, () => subscribe(following));
      const first = (await changesAfter(temporary.db, runId, 0)).at(-1)!.sequence;
      const untilAllHave = (sequence: number): Promise<void> =>
        expect.poll(() => clients.filter(({ last }) => last() < sequence).length, { timeout: 300_000 }).toBe(0);
      try {
        await untilAllHave(first);
        let step = 0;
        for (const index of [0, 1]) {
          const before = connectionsOf(clients);
          for (let count = 0; count < 10; count++) await record(++step);
          await servers[index]!.kill();
          for (let count = 0; count < 10; count++) await record(++step);
          await untilAllHave(first + step);
          const cut = connectionsOf(clients) - before;
          expect(cut).toBeGreaterThan(0); // it served some of them
          if (index === 0) expect(cut).toBeLessThan(CLIENTS); // and not all
          await startAgain(index);
        }
        for (let count = 0; count < 10; count++) await record(++step);
        await untilAllHave(first + step);
        expect(clients.map(({ gaps }) => gaps())).toEqual(clients.map(() => 0));
        expect(clients.map(({ last }) => last())).toEqual(clients.map(() => first + step));
      } finally {
        for (const client of clients) client.close();
        await proxy.stop();
      }
    },
    15 * 60_000, // a guard: 500 connections by TLS keep two busy cores for minutes
  );
});

test("a login at one server counts at the other", async () => {
  const headers = { origin: PUBLIC_URL, "x-uniarm-request": "1", "content-type": "application/json" };
  const login = await fetch(`${servers[0]!.url}/api/login`, { method: "POST", headers, body: JSON.stringify({ key }) });
  expect(login.status).toBe(200);
  const cookie = login.headers.get("set-cookie")!.split(";")[0]!;
  for (const { url } of servers) {
    const answer = await fetch(`${url}/api/session`, { headers: { cookie } });
    expect(await answer.json()).toMatchObject({ caller: { name: "test" } });
  }
});

test("a server whose own key is revoked at the other one makes itself a new one", async () => {
  const file = settings(1).UNIARM_LOCAL_KEY!;
  const secret = readFileSync(file, "utf8").trim();
  const ask = (path: string, method = "GET", bearer = key): Promise<Response> =>
    fetch(`${servers[0]!.url}/api/${path}`, { method, headers: { authorization: `Bearer ${bearer}` } });
  const { keys } = (await (await ask("keys")).json()) as { keys: { id: string; prefix: string }[] };
  const { id } = keys.find(({ prefix }) => secret.startsWith(prefix))!;
  expect((await ask(`keys/${id}/revoke`, "POST")).status).toBe(200);
  await expect.poll(() => readFileSync(file, "utf8").trim()).not.toBe(secret);
  expect((await ask("me", "GET", readFileSync(file, "utf8").trim())).status).toBe(200);
});
