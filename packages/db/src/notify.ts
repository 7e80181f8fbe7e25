import { EventEmitter } from "node:events";
import type pg from "pg";
import { clientOf } from "./connection-of.ts";
import type { Client } from "./database.ts";

const CHANNEL = "uniarm";
const RECONNECT_MS = 500;

/**
 * What wakes a waiting process: `run:ID` has new events, a run of `project:ID` changed, `queue` may have work, there are `orders`
 * for a run that holds a model, and answers to a `request` of it.
 */
export type Topic = `${"run" | "project" | "orders" | "request"}:${string}` | "queue";

/** Wakes every listener when the transaction commits. */
export async function notify(client: Client, topics: readonly Topic[]): Promise<void> {
  for (const topic of new Set(topics)) await client.query("SELECT pg_notify($1, $2)", [CHANNEL, topic]);
}

export interface Listener {
  /** Calls back at each notice of the topic, and whenever notices may have been missed. Returns a function that stops it. */
  on: (topic: Topic, wake: () => void) => () => void;
  close: () => Promise<void>;
}

/** One connection that listens for a whole process. It reconnects by itself, and then wakes everybody. */
export function listen(url: string, onError: (error: Error) => void = () => undefined): Listener {
  const wakers = new EventEmitter().setMaxListeners(0);
  let client: pg.Client | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const wakeAll = (): void => {
    for (const topic of wakers.eventNames()) wakers.emit(topic);
  };
  const again = (error?: Error): void => {
    if (closed) return;
    if (error) onError(error);
    client?.removeAllListeners();
    client?.on("error", () => undefined);
    void client?.end().catch(() => undefined);
    client = null;
    clearTimeout(timer);
    timer = setTimeout(() => void connect(), RECONNECT_MS);
  };
  const connect = async (): Promise<void> => {
    const next = clientOf(url, { keepAlive: true });
    client = next;
    next.on("error", again);
    next.on("end", () => again());
    next.on("notification", ({ payload }) => wakers.emit(payload ?? ""));
    try {
      await next.connect();
      await next.query(`LISTEN ${CHANNEL}`);
      wakeAll();
    } catch (error) {
      again(error as Error);
    }
  };
  void connect();
  return {
    on: (topic, wake) => {
      wakers.on(topic, wake);
      return () => wakers.off(topic, wake);
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      client?.removeAllListeners();
      client?.on("error", () => undefined);
      await client?.end().catch(() => undefined);
    },
  };
}
