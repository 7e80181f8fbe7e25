import { GenerateChunk, UniArmError, type GenerateInput } from "@uniarm/core/schema";
import { EventSourceParserStream } from "eventsource-parser/stream";
import type { z } from "zod";
import { awayError } from "./ask.ts";
import type { Client } from "./open-client.ts";
import { refusalOf } from "./server-error.ts";

/**
 * What a server answers to `POST /api/generate`, chunk by chunk; stopping early cancels it there.
 * @throws UniArmError server-away, server-refused
 */
export async function* generate(
  { url, headers, fetch }: Client,
  input: z.input<typeof GenerateInput>,
  { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<GenerateChunk, void> {
  const stop = new AbortController();
  const failure = (cause: unknown): unknown => (signal.aborted ? cause : awayError(url, cause));
  const answer = await fetch(`${url}/api/generate`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(input),
    signal: AbortSignal.any([signal, stop.signal]),
  }).catch((cause: unknown) => {
    throw failure(cause);
  });
  if (!answer.ok || !answer.body) throw new UniArmError("server-refused", (await refusalOf(answer)).message);
  const events = answer.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  try {
    for (;;) {
      const { done, value } = await events.read().catch((cause: unknown) => {
        throw failure(cause);
      });
      if (done) return;
      yield GenerateChunk.parse(JSON.parse(value.data));
    }
  } finally {
    stop.abort();
  }
}
