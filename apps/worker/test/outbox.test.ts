import { spawn } from "node:child_process";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openOutbox, type Outbox } from "../src/outbox.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(async () => remove());

const notice = (message: string): { type: string; code: string; message: string } => ({
  type: "notice",
  code: "x",
  message,
});
const sequences = async (outbox: Outbox): Promise<number[]> => (await outbox.next(1e6)).map(({ sequence }) => sequence);

test("events are numbered in the order they were added, and given until they are acknowledged", async () => {
  const outbox = await openOutbox(folder);
  await Promise.all(["a", "b", "c"].map((text) => outbox.add(notice(text))));
  expect(await outbox.next(2)).toMatchObject([
    { sequence: 1, message: "a" },
    { sequence: 2, message: "b" },
  ]);
  await outbox.acknowledge(2);
  expect(await sequences(outbox)).toEqual([3]);
  await outbox.add(notice("d"));
  expect(await sequences(outbox)).toEqual([3, 4]);
  expect(outbox.lastSequence()).toBe(4);
});

test("an outbox that is opened again goes on with its numbers, behind what was acknowledged", async () => {
  const first = await openOutbox(folder);
  for (const text of ["a", "ä — 𝛼", "c"]) await first.add(notice(text));
  await first.acknowledge(2); // also where characters are several bytes
  const second = await openOutbox(folder);
  expect(await sequences(second)).toEqual([3]);
  await second.add(notice("d"));
  expect(await sequences(second)).toEqual([3, 4]);
});

test("a line that was cut short by a kill is dropped: it was never sent", async () => {
  const first = await openOutbox(folder);
  await first.add(notice("a"));
  await appendFile(join(folder, "outbox.jsonl"), '{"sequence":2,"type":"not');
  const second = await openOutbox(folder);
  expect(await sequences(second)).toEqual([1]);
  await second.add(notice("b"));
  expect(await second.next(10)).toMatchObject([{ sequence: 1 }, { sequence: 2, message: "b" }]);
});

test("what was recorded but not noted as such, because of a kill in between, is given again with its number", async () => {
  const first = await openOutbox(folder);
  for (const text of ["a", "b"]) await first.add(notice(text));
  await writeFile(join(folder, "outbox-state.json.partial"), '{"sequence":2'); // killed before the rename
  expect(await sequences(await openOutbox(folder))).toEqual([1, 2]);
});

test("an event longer than what is read at once comes out whole", async () => {
  const outbox = await openOutbox(folder);
  const long = "x".repeat(3 * 2 ** 20);
  await outbox.add(notice(long));
  await outbox.add(notice("after"));
  const [event] = await outbox.next(1);
  expect(event).toMatchObject({ sequence: 1, message: long });
  await outbox.acknowledge(1);
  expect(await outbox.next(10)).toMatchObject([{ sequence: 2, message: "after" }]);
});

test("a process that is killed while it adds leaves whole lines, numbered without gaps", async () => {
  const program = `
    import { openOutbox } from ${JSON.stringify(join(import.meta.dirname, "../src/outbox.ts"))};
    const outbox = await openOutbox(${JSON.stringify(folder)});
    for (;;) await outbox.add({ type: "notice", code: "x", message: "y".repeat(500) });
  `;
  for (let kill = 1; kill <= 2; kill++) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
    const exited = new Promise((done) => child.on("exit", done));
    const before = (await readFile(join(folder, "outbox.jsonl"), "utf8").catch(() => "")).length;
    await expect
      .poll(async () => (await readFile(join(folder, "outbox.jsonl"), "utf8").catch(() => "")).length)
      .toBeGreaterThan(before + 20_000);
    child.kill("SIGKILL");
    await exited;
    const outbox = await openOutbox(folder);
    const last = outbox.lastSequence();
    expect((await readFile(join(folder, "outbox.jsonl"), "utf8")).split("\n").filter(Boolean)).toHaveLength(last);
    const given: number[] = [];
    for (;;) {
      const events = await outbox.next(500);
      if (events.length === 0) break;
      given.push(...events.map(({ sequence }) => sequence));
      await outbox.acknowledge(given.at(-1)!);
    }
    expect(given[given.length - 1]).toBe(last);
    expect(given).toEqual(Array.from({ length: given.length }, (_, index) => last - given.length + 1 + index));
  }
});
