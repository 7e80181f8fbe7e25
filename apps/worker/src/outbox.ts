import { appendFile, open, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AttemptEventInput } from "@uniarm/core/schema";

/** Path in the store -> path on this disk. */
type Files = Record<string, string>;
type Reported<Event> = Event extends { files: unknown } ? Omit<Event, "files"> & { files: Files } : Event;
/** As the job reports it: its files are still on this disk. */
export type OutgoingEvent = Reported<AttemptEventInput>;

const EVENTS = "outbox.jsonl";
const STATE = "outbox-state.json";
const READ_BYTES = 1 << 20;

/**
 * What an attempt has to report, numbered and on the disk before it is sent: whether the server or the worker is killed,
 * nothing is lost and nothing recorded twice.
 */
export interface Outbox extends OutboxReader {
  add: (event: Record<string, unknown> & { type: string }) => Promise<void>;
  lastSequence: () => number;
}

/** Its other end, which may be another process, on another machine. */
export interface OutboxReader {
  /** The next events after those that were acknowledged, in order. */
  next: (most: number) => Promise<OutgoingEvent[]>;
  /** Everything up to this number has been recorded. */
  acknowledge: (sequence: number) => Promise<void>;
}

/** Opens the outbox of an attempt's folder to write into it, even one that a killed worker left. */
export async function openOutbox(folder: string): Promise<Outbox> {
  const path = join(folder, EVENTS);
  const content = await readFile(path, "utf8").catch(() => "");
  const whole = content.slice(0, content.lastIndexOf("\n") + 1); // a line that was cut short was never sent
  if (whole.length < content.length) await writeFile(path, whole);
  let last = whole === "" ? 0 : whole.trimEnd().split("\n").length;
  let writing: Promise<void> = Promise.resolve();
  const reader = await followOutbox(folder);
  return {
    ...reader,
    add: (event) => {
      last += 1;
      const line = `${JSON.stringify({ sequence: last, time: Date.now(), ...event })}\n`;
      writing = writing.then(() => appendFile(path, line));
      return writing;
    },
    next: async (most) => {
      await writing;
      return reader.next(most);
    },
    lastSequence: () => last,
  };
}

/** Reads an outbox that somebody else may be writing; a line that is not whole yet is not seen. */
export async function followOutbox(folder: string): Promise<OutboxReader> {
  const path = join(folder, EVENTS);
  const statePath = join(folder, STATE);
  const state = (await readFile(statePath, "utf8").then(JSON.parse, () => ({}))) as {
    sequence?: number;
    offset?: number;
  };
  let acknowledged = state.sequence ?? 0;
  let offset = state.offset ?? 0;

  const read = async (from: number): Promise<string> => {
    const file = await open(path, "r").catch(() => null);
    if (!file) return "";
    try {
      const buffer = Buffer.alloc(READ_BYTES);
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, from);
      const end = buffer.lastIndexOf(0x0a, bytesRead - 1);
      if (end < 0 && bytesRead === READ_BYTES)
        return (await readFile(path)).subarray(from).toString("utf8").split("\n", 1)[0] + "\n"; // one very long line
      return buffer.subarray(0, end + 1).toString("utf8");
    } finally {
      await file.close();
    }
  };

  return {
    next: async (most) => {
      const lines = (await read(offset)).split("\n").filter((line) => line !== "");
      return lines.slice(0, most).map((line) => JSON.parse(line) as OutgoingEvent);
    },
    acknowledge: async (sequence) => {
      const text = await read(offset);
      let count = sequence - acknowledged;
      let end = 0;
      while (count > 0) {
        const found = text.indexOf("\n", end);
        if (found < 0) break;
        end = found + 1;
        count -= 1;
      }
      acknowledged = sequence - count;
      offset += Buffer.byteLength(text.slice(0, end));
      await writeFile(`${statePath}.partial`, JSON.stringify({ sequence: acknowledged, offset }));
      await rename(`${statePath}.partial`, statePath);
    },
  };
}

/** Bytes of an outbox, by which a change is seen without reading it. */
export const outboxSize = async (folder: string): Promise<number> =>
  (await stat(join(folder, EVENTS)).catch(() => null))?.size ?? 0;
