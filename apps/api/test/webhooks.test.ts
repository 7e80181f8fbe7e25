import { readFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { SleepJob } from "@uniarm/pipeline/schema";
import {
  claim,
  endAttempt,
  launchRun,
  MOST_TRIES,
  noteDelivery,
  recordEvents,
  takeDeliveries,
  tellStalled,
} from "@uniarm/db";
import { numbered, poolOf, someWorker } from "@uniarm/db/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isPrivate, publicLookup } from "../src/webhooks/reachable-address.ts";
import { startSender } from "../src/webhooks/sender.ts";
import { serving, type Serving } from "./serving.ts";

const DOCUMENT = join(import.meta.dirname, "../../../docs/webhooks.md");

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

let api: Serving;
let receiver: Server;
let address: string;
let received: Received[];
/** with which the next ones are answered; 200 afterwards */
let answers: number[];
beforeAll(async () => {
  api = await serving({ UNIARM_PUBLIC_URL: "https://lab.example.org/uniarm" });
  receiver = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      response.writeHead(answers.shift() ?? 200, { location: `${address}/elsewhere` }).end("never read");
    });
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook?token=of-theirs`;
});
afterAll(async () => {
  receiver.close();
  await api.close();
});
beforeEach(() => {
  received = [];
  answers = [];
  api.services.settings.allowsPrivateWebhooks = true;
});
afterEach(() => sql(`DELETE FROM "Webhook"`));

const sql = async (text: string, values: unknown[] = []) => poolOf(api.db).query(text, values);

async function add(more: Record<string, unknown> = {}): Promise<{ id: string; secret: string }> {
  const { status, body } = await api.ask("write", "POST", "/api/webhooks", { project: "test", url: address, ...more });
  expect(status, JSON.stringify(body)).toBe(200);
  return body as { id: string; secret: string };
}

let made = 0;
async function started(): Promise<{ runId: string; attemptId: string }> {
  const label = `w${(made += 1)}`;
  const { projectId } = api;
  const run = { projectId, kind: "sleep", name: label, config: SleepJob.parse({}), labels: [label] } as const;
  const runId = await launchRun(api.db, run);
  const { attemptId } = (await claim(api.db, someWorker(label)))!;
  return { runId, attemptId };
}
async function ended(end: "FAILED" | "SUCCEEDED" | "CANCELLED", reason = ""): Promise<string> {
  const { runId, attemptId } = await started();
  await endAttempt(api.db, { attemptId, end, reason, exit: null, lastSequence: null });
  return runId;
}
const deliveries = async (id: string) =>
  (await api.ask("write", "GET", `/api/webhooks/${id}/deliveries`)).body.deliveries as {
    event: string;
    runId: string | null;
    state: string;
    tries: number;
    status: number | null;
    problem: string;
    nextAt: string | null;
  }[];
/** A server that sends, until `isSo`. */
async function sendUntil(isSo: () => Promise<boolean>): Promise<void> {
  const stop = startSender(api.services);
  await expect.poll(isSo, { timeout: 20_000, interval: 50 }).toBe(true);
  await stop();
}
const due = () => sql(`UPDATE "WebhookDelivery" SET "nextAt" = now() WHERE state = 'WAITING'`);

test("a run that fails is told once, signed so that the document's program takes it and no changed one", async () => {
  const { id, secret } = await add({ events: ["failed"] });
  await ended("SUCCEEDED");
  const runId = await ended("FAILED", "no more paper");
  await sendUntil(async () => (await deliveries(id))[0]?.state === "DELIVERED");
  expect(received).toHaveLength(1);
  const [{ headers, body }] = received as [Received];
  expect(JSON.parse(body)).toMatchObject({
    event: "run.failed",
    project: { name: "test" },
    run: { id: runId, state: "FAILED", reason: "no more paper" },
    url: `https://lab.example.org/uniarm/runs/${runId}`,
    delivery: headers["x-uniarm-delivery"],
  });
  expect(headers["x-uniarm-event"]).toBe("run.failed");
  const [, program] = /```js\n([\s\S]*?)```/.exec(await readFile(DOCUMENT, "utf8"))!;
  const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(program!)}`)) as {
    isGenuine: (secret: string, body: string, signature: unknown, now?: number) => boolean;
  };
  const signature = headers["x-uniarm-signature"];
  expect(isGenuine(secret, body, signature)).toBe(true);
  expect(isGenuine(secret, `${body} `, signature)).toBe(false);
  expect(isGenuine("whsec_other", body, signature)).toBe(false);
  expect(isGenuine(secret, body, signature, Date.now() / 1000 + 3600)).toBe(false);
  expect(isGenuine(secret, body, undefined)).toBe(false);
});

test("what is not taken is sent again later, also by a server that was started since, and given up in the end", async () => {
  const { id } = await add({ events: ["failed"] });
  answers = [500, 302];
  await ended("FAILED");
  await sendUntil(async () => (await deliveries(id))[0]?.tries === 1);
  const [first] = await deliveries(id);
  expect(first).toMatchObject({ state: "WAITING", status: 500, problem: "it answered 500, expected 200 to 299" });
  const waits = (Date.parse(first!.nextAt!) - Date.now()) / 1000;
  expect(waits).toBeGreaterThan(3);
  expect(waits).toBeLessThan(11);
  await due();
  await sendUntil(async () => (await deliveries(id))[0]?.tries === 2);
  expect((await deliveries(id))[0]).toMatchObject({ status: 302 });
  expect(received).toHaveLength(2); // a redirect is not followed
  await due();
  await sendUntil(async () => (await deliveries(id))[0]?.state === "DELIVERED");
  expect(new Set(received.map(({ headers }) => headers["x-uniarm-delivery"])).size).toBe(1);

  await ended("FAILED");
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    await due();
    const [delivery] = await takeDeliveries(api.db, 1);
    await noteDelivery(api.db, delivery!.id, tries, { status: 503, problem: "busy" });
  }
  expect((await deliveries(id))[0]).toMatchObject({ state: "GIVEN_UP", tries: MOST_TRIES, nextAt: null });
}, 60_000);

test("what was being sent when the server was killed is sent again", async () => {
  const { id } = await add({ events: ["failed"] });
  await ended("FAILED");
  // taken, and never heard of again
  await sql(`UPDATE "WebhookDelivery" SET tries = 1, "nextAt" = now() + interval '60 seconds'`);
  await due();
  await sendUntil(async () => (await deliveries(id))[0]?.state === "DELIVERED");
  expect((await deliveries(id))[0]).toMatchObject({ tries: 2, status: 200 });
});

test("a run that reports nothing but what its process takes has stalled, which is told once", async () => {
  const { id } = await add({ events: ["stalled"], stalledMinutes: 5 });
  const { runId, attemptId } = await started();
  const busy = await started();
  for (const one of [runId, busy.runId])
    for (const table of [`"Attempt" SET "startedAt"`, `"RunEvent" SET time`])
      await sql(`UPDATE ${table} = now() - interval '6 minutes' WHERE "runId" = $1`, [one]);
  await recordEvents(api.db, attemptId, numbered([{ type: "metric", step: 1, values: { "system/cpu": 1 } }]));
  await recordEvents(api.db, busy.attemptId, numbered([{ type: "metric", step: 1, values: { loss: 1 } }]));
  expect(await tellStalled(api.db)).toBe(1);
  expect(await tellStalled(api.db)).toBe(0);
  expect(await deliveries(id)).toMatchObject([{ event: "stalled", runId }]);
});

test("runs inside of others are told of only where that is asked for", async () => {
  const [outside, all] = [await add({ events: ["failed"] }), await add({ events: ["failed"], inside: true })];
  const { runId: parent } = await started();
  const { runId, attemptId } = await started();
  await sql(`UPDATE "Run" SET "parentId" = $2 WHERE id = $1`, [runId, parent]);
  await endAttempt(api.db, { attemptId, end: "FAILED", reason: "", exit: null, lastSequence: null });
  const told = async (id: string) => (await deliveries(id)).map((one) => one.runId);
  expect(await told(all.id)).toContain(runId);
  expect(await told(outside.id)).not.toContain(runId);
});

test("a test is sent at once, and its answer is said", async () => {
  const { id } = await add();
  expect((await api.ask("write", "POST", `/api/webhooks/${id}/test`)).body).toEqual({ status: 200, problem: null });
  answers = [418];
  expect((await api.ask("write", "POST", `/api/webhooks/${id}/test`)).body).toEqual({
    status: 418,
    problem: "it answered 418, expected 200 to 299",
  });
  expect(JSON.parse(received[0]!.body)).toMatchObject({ event: "test", run: null });
});

test("a secret is shown once, and neither it nor the address is in a log or for readers", async () => {
  const { id, secret } = await add();
  await api.ask("write", "POST", `/api/webhooks/${id}/test`);
  const listed = JSON.stringify((await api.ask("write", "GET", "/api/webhooks?project=test")).body);
  expect(listed).toContain("of-theirs");
  const audited = JSON.stringify((await api.ask("admin", "GET", "/api/audit")).body);
  const shown = [listed, JSON.stringify(await deliveries(id)), audited, api.logged()];
  expect(shown.some((text) => text.includes(secret))).toBe(false);
  expect(audited + api.logged()).not.toContain("of-theirs");
  expect((await api.ask("read", "GET", "/api/webhooks?project=test")).status).toBe(403);
});

describe("private addresses are refused", () => {
  test.each([
    "http://127.0.0.1/x",
    "http://2130706433/x", // the same as a number
    "http://0x7f.1/x",
    "http://[::1]/x",
    "http://[::ffff:10.0.0.1]/x",
    "http://169.254.169.254/latest/meta-data",
    "https://192.168.1.1/x",
    "http://localhost:9/x",
    "http://api.localhost/x",
    "http://[fd00::1]/x",
  ])("where they are written out: %s", async (url) => {
    api.services.settings.allowsPrivateWebhooks = false;
    const { status, body } = await api.ask("write", "POST", "/api/webhooks", { project: "test", url });
    expect(status).toBe(400);
    expect(body.message).toContain("uniarm serve --allow-private-webhooks");
  });

  test("where a name resolves to one", async () => {
    const error = await new Promise((done) => publicLookup("localhost", { all: true }, done));
    expect(String(error)).toMatch(/localhost is at (127\.0\.0\.1|::1), an address of a private network/);
  });

  test("where a webhook was added while they were allowed", async () => {
    const { id } = await add();
    api.services.settings.allowsPrivateWebhooks = false;
    const { body } = await api.ask("write", "POST", `/api/webhooks/${id}/test`);
    expect(body).toMatchObject({ status: null, problem: expect.stringContaining("private network") });
    expect(received).toEqual([]);
  });

  test.each(["8.8.8.8", "1.1.1.1", "2606:4700::1111", "93.184.216.34"])("and %s is none", (one) => {
    expect(isPrivate(one)).toBe(false);
  });

  test.each(["ftp://example.org/x", "https://me:pw@example.org/x", "no address", "javascript:alert(1)"])(
    "and %s is no address",
    async (url) => {
      expect((await api.ask("write", "POST", "/api/webhooks", { project: "test", url })).status).toBe(400);
    },
  );
});
