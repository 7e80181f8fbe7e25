import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clearLeftovers, markJob } from "../src/place/leftovers.ts";
import { takePlace } from "../src/place/place.ts";
import { isAlive, markOf } from "../src/place/this-process.ts";

const PLACE = join(import.meta.dirname, "../src/place/place.ts");
const SERVER = "http://127.0.0.1:1";

let folder: string;
let remove: () => Promise<void>;
let children: ChildProcess[] = [];
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  await remove();
});

interface Taken {
  workerId: string;
  folder: string;
  replaces: { id: string; proven: boolean }[];
}

/** Another process that takes a place and keeps it until it is killed. */
async function holder(base: string): Promise<{ taken: Taken; kill: () => Promise<void> }> {
  const script = `import { takePlace } from ${JSON.stringify(PLACE)};
    const { workerId, folder, replaces } = takePlace(${JSON.stringify(base)}, ${JSON.stringify(SERVER)});
    console.log(JSON.stringify({ workerId, folder, replaces }));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    if (child.signalCode === null) await once(child, "exit");
  };
  return { taken: JSON.parse(line) as Taken, kill };
}

test("processes that start together on one folder, by whatever path, get places of their own", async () => {
  const [real, link] = [join(folder, "real"), join(folder, "link")];
  await mkdir(real);
  await symlink(real, link);
  const all = await Promise.all([real, link, real, link, real].map((base) => holder(base)));
  const names = all.map(({ taken }) => taken.folder.split("/").at(-1)).toSorted();
  expect(names).toEqual(["place-1", "place-2", "place-3", "place-4", "place-5"]);
  expect(new Set(all.map(({ taken }) => taken.workerId)).size).toBe(5);
  expect(all.flatMap(({ taken }) => taken.replaces)).toEqual([]);
});

test("the place of a process that was killed is taken over, and its server is told of everyone it has not heard of", async () => {
  const first = await holder(folder);
  await first.kill();
  const second = await holder(folder);
  await second.kill(); // before it could say hello
  const third = takePlace(folder, SERVER);
  expect(third.folder).toBe(first.taken.folder);
  expect(third.replaces).toEqual([first, second].map(({ taken }) => ({ id: taken.workerId, proven: true })));
  third.confirm();
  expect(takePlace(folder, SERVER).folder).not.toBe(third.folder);
  third.release();
  expect(takePlace(folder, SERVER)).toMatchObject({ folder: third.folder, replaces: [] });
});

test("a copy of a folder that is in use gives a place with another name", async () => {
  const { taken } = await holder(join(folder, "original"));
  await cp(join(folder, "original"), join(folder, "copy"), { recursive: true });
  expect(takePlace(join(folder, "copy"), SERVER).workerId).not.toBe(taken.workerId);
});

/** As a worker on another machine leaves it. */
async function foreign(server: string): Promise<string> {
  await mkdir(join(folder, "place-1"));
  const elsewhere = { workerId: "0123456789abcdef", server, machine: "another one", pid: 1, started: "1" };
  writeFileSync(join(folder, "place-1/holder-7.json"), JSON.stringify({ ...elsewhere, replaces: [], released: false }));
  return elsewhere.workerId;
}

test("of a holder on another machine the server has to say whether it lives; when it does, the place is given back", async () => {
  const id = await foreign(SERVER);
  const place = takePlace(folder, SERVER);
  expect(place).toMatchObject({ folder: join(folder, "place-1"), replaces: [{ id, proven: false }] });
  place.giveBack();
  expect(place.isHeld()).toBe(false);
  const next = takePlace(folder, SERVER, new Set([place.folder]));
  expect(next).toMatchObject({ folder: join(folder, "place-2"), replaces: [] });
  expect(takePlace(folder, SERVER).replaces).toEqual([{ id, proven: false }]);
});

test("a holder that works for another server is let alone", async () => {
  await foreign("http://127.0.0.1:2");
  expect(takePlace(folder, SERVER).folder).toBe(join(folder, "place-2"));
});

test("a place whose folder was removed is held no more", () => {
  const place = takePlace(folder, SERVER);
  expect(place.isHeld()).toBe(true);
  for (const name of readdirSync(place.folder)) expect(name).toBe("holder-1.json");
  writeFileSync(join(place.folder, "holder-2.json"), "{}");
  expect(place.isHeld()).toBe(false);
});

test("what a killed worker left is removed, and a job of it that still runs is killed", async () => {
  const job = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { detached: true });
  children.push(job);
  const attempt = join(folder, "attempts/one");
  await mkdir(attempt, { recursive: true });
  await markJob(attempt, job.pid!);
  const ended = once(job, "exit");
  await clearLeftovers(folder);
  expect(await ended).toEqual([null, "SIGKILL"]);
  expect(existsSync(attempt)).toBe(false);
});

test("a process with the same number that began at another time is not the one that was marked", () => {
  const own = markOf(process.pid);
  expect(isAlive(own)).toBe(true);
  expect(isAlive({ ...own, started: "1" })).toBe(false);
});
