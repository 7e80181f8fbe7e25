import { setTimeout as sleep } from "node:timers/promises";
import { persistently, type Api } from "@uniarm/client";
import type { PlaygroundChunk, PlaygroundOrder } from "@uniarm/core/schema";
import type { Logger } from "pino";

const WAIT_MS = 8000;
const MOST_CHUNKS = 1000;
/** Tokens of all rows come one after the other within so long: one call for them costs what one for each does. */
const GATHER_MS = 8;
/** When so many wait to be sent, the server has been away for long: no client is left that waits for them. */
const MOST_WAITING = 20_000;

/** What passes between a server's clients and a job that keeps a model loaded. */
export interface Conversation {
  /** Sends a chunk with the next call. */
  tell: (chunk: PlaygroundChunk) => void;
  /** To be called when the job is over: resolves when what it said last has been sent. Never rejects. */
  end: () => Promise<void>;
}

/**
 * Asks the server for orders, which the job reads from its standard input, and sends it the answers as they come; what
 * gathers during one call is sent with the next. None of it is history, so it does not go through the outbox.
 */
export function converse(
  { api, log }: { api: Api; log: Logger },
  attemptId: string,
  handle: { send: (lines: string) => void },
  signal: AbortSignal,
): Conversation {
  const over = new AbortController();
  const ending = AbortSignal.any([over.signal, signal]);
  /** Written in one piece: requests that the job reads together share a batch. */
  const give = (orders: readonly PlaygroundOrder[]): void => {
    if (orders.length > 0) handle.send(orders.map((one) => JSON.stringify(one)).join("\n"));
  };
  const cancel = (ids: Iterable<string>): void => give([...ids].map((id) => ({ type: "cancel", id })));
  const refused = (error: unknown): void => {
    if (!ending.aborted) log.warn({ err: (error as Error).message, attemptId }, "the server refuses to hear more");
  };

  const ask = async (): Promise<void> => {
    let seen: string[] = [];
    while (!ending.aborted) {
      const asked = { attemptId, seen, waitMs: WAIT_MS };
      const { orders } = await persistently(() => api.work.orders.mutate(asked, { signal: ending }), ending);
      give(orders.map(({ order }) => order));
      seen = orders.map(({ id }) => id);
    }
  };
  const asking = ask().catch(refused);

  let waiting: PlaygroundChunk[] = [];
  let sequence = 0;
  let sending: Promise<void> | null = null;
  const send = async (): Promise<void> => {
    while (waiting.length > 0) {
      await sleep(GATHER_MS);
      const chunks = waiting.splice(0, MOST_CHUNKS);
      if (chunks.length === 0) return; // dropped meanwhile
      sequence += 1;
      const told = { attemptId, sequence, chunks };
      const { gone } = await persistently(() => api.work.chunks.mutate(told), signal);
      cancel(gone);
    }
  };
  return {
    tell: (chunk) => {
      waiting.push(chunk);
      if (waiting.length > MOST_WAITING) {
        cancel(new Set(waiting.map(({ id }) => id)));
        waiting = [];
      }
      sending ??= send()
        .catch(refused)
        .finally(() => {
          sending = null;
        });
    },
    end: async () => {
      over.abort();
      await asking;
      await sending;
    },
  };
}
