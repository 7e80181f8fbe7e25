import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { GenerateChunk, UniArmError, type GenerateInput } from "@uniarm/core/schema";
import type { Connection } from "./connect.ts";

/**
 * What a server answers to `POST /api/generate`, chunk by chunk; stopping early cancels it there.
 * @throws UniArmError server-away, server-refused
 */
export async function* generateOn(
  { url, key }: Connection,
  input: GenerateInput,
  signal: AbortSignal,
): AsyncGenerator<GenerateChunk, void> {
  const stop = new AbortController();
  const answer = await fetch(`${url}/api/generate`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(input),
    signal: AbortSignal.any([signal, stop.signal]),
  }).catch((cause: unknown) => {
    throw signal.aborted ? cause : awayError(url, cause);
  });
  if (!answer.ok || !answer.body) {
    const { message = answer.statusText } = (await answer.json().catch(() => ({}))) as { message?: string };
    throw new UniArmError("server-refused", message);
  }
  try {
    for await (const line of createInterface({ input: Readable.fromWeb(answer.body as never) }))
      if (line.startsWith("data: ")) yield GenerateChunk.parse(JSON.parse(line.slice("data: ".length)));
  } finally {
    stop.abort();
  }
}

const awayError = (url: string, cause: unknown): UniArmError =>
  new UniArmError(
    "server-away",
    `The server at ${url} does not answer (${(cause as Error).message}). Start it with \`uniarm serve\`, or name another: --server URL`,
    { cause },
  );
