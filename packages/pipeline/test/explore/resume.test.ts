import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { findCheckpoint } from "@uniarm/core";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesBelow, type ExploreEvent } from "../../src/index.ts";
import type { RoundRun } from "../../src/explore/round-graph.ts";
import { explored, MEASURED, roundRun } from "./round-run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let straight: RoundRun;
beforeAll(async () => {
  folder = await temporaryFolder();
  straight = await roundRun(folder.path, { exploration: { ...MEASURED, rounds: 1 } });
  await explored(straight);
});
afterAll(() => folder.remove());

const named = (name: string): RoundRun => ({ ...straight, output: join(folder.path, name) });

/** That a run ended with the bytes of the one that nothing interrupted. */
async function expectStraightBytes(output: string): Promise<void> {
  const made = (run: string): Record<string, string> =>
    Object.fromEntries(
      filesBelow(run)
        .filter((path) => /(pairs|generations|scores)\.jsonl$|adapter\.safetensors$|report\.json$/.test(path))
        .map((path) => [relative(run, path), path]),
    );
  const files = made(straight.output);
  expect(Object.keys(files).length).toBeGreaterThan(10);
  expect(Object.keys(made(output))).toEqual(expect.arrayContaining(Object.keys(files)));
  for (const [name, path] of Object.entries(files))
    expect((await readFile(join(output, name))).equals(await readFile(path)), name).toBe(true);
}

const PHASES = ["train", "front of round 0", "answers of round 1", "front of round 1"];

describe("a run with rounds", () => {
  test.each(PHASES)("that is stopped in its phase %s says so once, and goes on to the same bytes", async (phase) => {
    const run = named(`stopped in ${phase}`);
    const isThere = (event: ExploreEvent): boolean => event.type === "progress" && event.phase === phase;
    const events = await explored(run, { stopAt: isThere });
    const step = phase === "train" ? 1 : phase === "front of round 1" ? 5 : 3;
    expect(events.filter(({ type }) => type === "stopped")).toEqual([
      {
        type: "stopped",
        step,
        message: `Stopped in a round after ${step} of 5 steps; nothing is lost. Resume with: uniarm train --resume ${run.output}`,
      },
    ]);
    expect(events.at(-1)?.type).toBe("stopped");
    expect(await findCheckpoint(run.output)).toBeNull();
    expect((await explored(run, { resume: true })).at(-1)).toMatchObject({
      type: "finished",
      message: `Trained for 5 steps; the checkpoint is in ${run.output}.`,
    });
    await expectStraightBytes(run.output);
  });

  test("that is stopped in the training of a round goes on to the same bytes", async () => {
    const run = named("stopped in round 1");
    await explored(run, { stopAt: 4 });
    const begunAt = async (): Promise<number> => (await stat(join(run.output, "config.json"))).mtimeMs;
    const before = await begunAt();
    await explored(run);
    expect(await begunAt()).toBe(before);
    await expectStraightBytes(run.output);
  });

  test.each(["progress train 4", "progress answers of round 1"])(
    "whose process is killed at its %s goes on to the same bytes",
    async (line) => {
      const run = named(`killed at ${line}`);
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL("explore-child.ts", import.meta.url)), JSON.stringify(run)],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      let printed = "";
      child.stdout.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.includes(line)) child.kill("SIGKILL");
      });
      const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
      expect(signal).toBe("SIGKILL");
      await explored(run, { resume: true });
      await expectStraightBytes(run.output);
    },
  );
});
