import { appendFile, open, readFile, rename, writeFile } from "node:fs/promises";
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
export interface Outbox {
  add: (event: Record<string, unknown> & { type: string }) => Promise<void>;
  /** The next events after those that were acknowledged, in order. */
  next: (most: number) => Promise<OutgoingEvent[]>;
  /** Everything up to this number has been recorded. */
  acknowledge: (sequence: number) => Promise<void>;
  lastSequence: () => number;
}

/** Opens the outbox of an attempt's folder, even one that a killed worker left. */
export async function openOutbox(folder: string): Promise<Outbox> {
  const path = join(folder, EVENTS);
  const statePath = join(folder, STATE);
  const content = await readFile(path, "utf8").catch(() => "");
  const whole = content.slice(0, content.lastIndexOf("\n") + 1); // a line that was cut short was never sent
  if (whole.length < content.length) await writeFile(path, whole);
  let last = whole === "" ? 0 : whole.trimEnd().split("\n").length;
  const state = (await readFile(statePath, "utf8").then(JSON.parse, () => ({}))) as {
    sequence?: number;
    offset?: number;
  };
  let acknowledged = state.sequence ?? 0;
  let offset = state.offset ?? 0;
  let writing: Promise<void> = Promise.resolve();

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
    add: (event) => {
      last += 1;
      const line = `${JSON.stringify({ sequence: last, time: Date.now(), ...event })}\n`;
      writing = writing.then(() => appendFile(path, line));
      return writing;
    },
    next: async (most) => {
      await writing;
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
    lastSequence: () => last,
  };
}
