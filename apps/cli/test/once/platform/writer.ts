import { createHash, randomBytes } from "node:crypto";
import { WORK_PROTOCOL } from "@uniarm/core/schema";

/** A client that records points and checkpoints of one run until it is killed, and prints a line for each answer that it got. */
const [url, key, name] = process.argv.slice(2) as [string, string, string];
const POINTS = 50;
/** It tells of no heartbeats, and a backup may take long on a busy machine. */
const LEASE_SECONDS = 600;
const headers = { authorization: `Bearer ${key}` };

async function ask<T>(method: string, path: string, body: object): Promise<T> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function upload(content: Buffer): Promise<{ sha256: string; size: number }> {
  const sha256 = createHash("sha256").update(content).digest("hex");
  const body = new Uint8Array(content);
  const answer = await fetch(`${url}/api/blobs/${sha256}`, { method: "PUT", headers, body });
  if (!answer.ok) throw new Error(await answer.text());
  return { sha256, size: content.length };
}

const { version } = (await (await fetch(`${url}/api/version`, { headers })).json()) as { version: string };
const labels = [name];
const { id: runId } = await ask<{ id: string }>("POST", "/api/runs", { kind: "sleep", name, labels, useCache: false });
const worker = { id: `writer${runId}`, name, host: name, version, protocol: WORK_PROTOCOL, labels, slots: 1 };
await ask("POST", "/trpc/work.hello", { ...worker, problem: "", alive: [] });
const claim = {
  workerId: worker.id,
  host: name,
  launcher: "test",
  labels,
  slotsFree: 1,
  known: [],
  waitMs: 10_000,
  leaseSeconds: LEASE_SECONDS,
};
const { result } = await ask<{ result: { data: { attemptId: string } } }>("POST", "/trpc/work.claim", claim);
const { attemptId } = result.data;

let sequence = 0;
for (let step = 0; ; step += POINTS) {
  const file = { path: "weights.bin", ...(await upload(randomBytes(10_000))) };
  const events: object[] = Array.from({ length: POINTS }, (_, index) => ({
    sequence: (sequence += 1),
    time: Date.now(),
    type: "metric",
    step: step + index,
    values: { root: Math.sqrt(step + index) },
  }));
  const last = step + POINTS - 1;
  events.push({ sequence: (sequence += 1), time: Date.now(), type: "checkpoint", step: last, files: [file] });
  await ask("POST", "/trpc/work.events", { attemptId, events });
  process.stdout.write(`${JSON.stringify({ runId, last, sha256: file.sha256, answeredAt: Date.now() })}\n`);
}
