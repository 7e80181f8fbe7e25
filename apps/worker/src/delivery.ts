import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { persistently, type Client } from "@uniarm/client";
import { uploadFiles } from "@uniarm/client/files";
import type { AttemptEventInput } from "@uniarm/core/schema";
import type { OutboxReader, OutgoingEvent } from "./outbox.ts";

const MOST_EVENTS = 500;
const GATHER_MS = 1000;
const LOOK_MS = 50;

export interface Delivery {
  client: Client;
  attemptId: string;
  outbox: OutboxReader;
  /** gives up: the server is away, or nobody wants it any more */
  signal: AbortSignal;
  /** Waits until there may be something new; default: a moment. */
  more?: () => Promise<void>;
}

/**
 * Sends an outbox in order, until `hasEnded` and nothing is left: up to 500 events at once, or what one second brought.
 * Files are in the store before the event that names them is sent.
 * @throws TRPCClientError when the server refuses: the attempt is stale; the signal's reason
 */
export async function deliver(delivery: Delivery, hasEnded: () => boolean): Promise<void> {
  const { outbox, signal, more = () => sleep(LOOK_MS) } = delivery;
  let lastSent = 0;
  for (;;) {
    signal.throwIfAborted();
    const isOver = hasEnded(); // asked before looking, so that what was added last is still seen
    const events = await outbox.next(MOST_EVENTS);
    if (events.length === 0) {
      if (isOver) return;
      await more();
      continue;
    }
    if (events.length < MOST_EVENTS && !isOver && Date.now() - lastSent < GATHER_MS && !events.some(isUrgent)) {
      await sleep(LOOK_MS); // what has come waits for more
      continue;
    }
    await send(delivery, events);
    lastSent = Date.now();
  }
}

/** What a run would resume from, or other runs wait for. */
const isUrgent = ({ type }: OutgoingEvent): boolean =>
  type === "checkpoint" || type === "artifact" || type === "report";

async function send({ client, attemptId, outbox, signal }: Delivery, events: readonly OutgoingEvent[]): Promise<void> {
  const ready: AttemptEventInput[] = [];
  for (const event of events) {
    if (!("files" in event)) ready.push(event);
    else ready.push({ ...event, files: await persistently(() => uploadFiles(client, event.files), signal) });
  }
  const { lastSequence } = await persistently(
    () => client.api.work.events.mutate({ attemptId, events: ready }),
    signal,
  );
  await outbox.acknowledge(lastSequence);
  for (const event of events)
    if (event.type === "checkpoint" && event.sequence <= lastSequence) await removeSnapshot(event.files);
}

/** A checkpoint's files are copies made for the upload, in a folder of their own. */
async function removeSnapshot(files: Record<string, string>): Promise<void> {
  const folder = /^.*\/snapshots\/\d+(?=\/)/.exec(Object.values(files)[0] ?? "")?.[0];
  if (folder) await rm(folder, { recursive: true, force: true });
}
