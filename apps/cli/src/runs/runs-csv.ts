import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "@uniarm/client";
import { UniArmError } from "@uniarm/core/schema";

/** Passes on what the server writes of all runs that are asked for. @throws UniArmError server-away, server-refused */
export async function writeRunsCsv(
  { url, headers, fetch }: Client,
  asked: Readonly<Record<string, string>>,
  to: Writable,
): Promise<void> {
  const away = (cause: unknown): UniArmError =>
    new UniArmError("server-away", `${url} did not send all runs: ${(cause as Error).message}. Try again.`, { cause });
  const answer = await fetch(`${url}/api/runs.csv?${new URLSearchParams(asked).toString()}`, { headers }).catch(
    (cause: unknown) => {
      throw away(cause);
    },
  );
  if (!answer.ok || answer.body === null) {
    const said = (await answer.json().catch(() => ({}))) as { message?: string };
    throw new UniArmError("server-refused", said.message ?? `${url} answered ${answer.status}.`);
  }
  await pipeline(Readable.fromWeb(answer.body as never), to, { end: false }).catch((cause: unknown) => {
    throw away(cause);
  });
}
