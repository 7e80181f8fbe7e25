import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** How often in a row nothing may come before a download gives up, and how long it waits in between. */
const ATTEMPTS = 5;
const FIRST_WAIT_MS = 500;

/** The bytes of a file from some place on. */
export interface OpenRange {
  /** where they begin: at 0 where the server gives whole files only */
  start: number;
  body: ReadableStream<Uint8Array>;
}

/** A server was busy or away for a moment. */
export class PassingFailure extends Error {}

export interface Download {
  bytes: number;
  /** asks for the bytes from `from` on */
  openAt: (from: number) => Promise<OpenRange>;
  onBytes: (present: number) => void;
  /** the error where the network stays away */
  gaveUp: (cause: unknown) => Error;
  /** the error where more comes than there should be */
  tooLong: () => Error;
}

/** Goes on with a partial file until it has all its bytes; a server that goes away is asked again for the rest. */
export async function resumeDownload(partial: string, download: Download, signal: AbortSignal): Promise<void> {
  const { bytes, gaveUp } = download;
  let isEmpty = bytes === 0; // a file of no bytes has to be made as well
  for (let failed = 0; (await sizeOf(partial)) < bytes || isEmpty;) {
    const from = await sizeOf(partial);
    try {
      await append(partial, from, download);
      isEmpty = false;
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      failed = (await sizeOf(partial)) > from ? 1 : failed + 1;
      if (failed >= ATTEMPTS) throw gaveUp(error);
      await sleep(FIRST_WAIT_MS * 2 ** (failed - 1), undefined, { signal });
    }
  }
}

async function append(partial: string, from: number, { bytes, openAt, onBytes, tooLong }: Download): Promise<void> {
  const { start, body } = await openAt(from);
  const target = await open(partial, start === 0 ? "w" : "a");
  let present = start;
  try {
    for await (const chunk of body) {
      if (present + chunk.length > bytes) throw tooLong();
      await target.write(chunk);
      onBytes((present += chunk.length));
    }
    await target.sync();
  } finally {
    await target.close();
  }
  if (present < bytes) throw new PassingFailure("it ended early");
}

/** fetch and its body fail with a TypeError where the network does. */
const isPassing = (error: unknown): boolean => error instanceof PassingFailure || error instanceof TypeError;

/** Bytes of a file; 0 where there is none. */
export const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => ({ size: 0 }))).size;
