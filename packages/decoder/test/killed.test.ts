import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { DecodingConfig, Generation, preferenceGrid } from "@uniarm/core/schema";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { decode } from "../src/decode.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

test("a run that is killed mid-decode is completed by the next one, with each row exactly once and the same bytes", async () => {
  const folder = await temporaryFolder();
  try {
    const { model, checkpoint } = await writeTinyWorld(folder.path, "uniarm");
    const prompts = Array.from({ length: 20 }, (_, index) => ({ id: `p${index}`, text: `Question ${index}` }));
    const config = (name: string): DecodingConfig =>
      DecodingConfig.parse({
        model,
        checkpoint,
        prompts,
        preferences: preferenceGrid(2, 1),
        maxNewTokens: 30,
        batchRows: 4,
        sampling: { temperature: 1 },
        output: join(folder.path, name),
      });
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL("decode-child.ts", import.meta.url)), JSON.stringify(config("killed.jsonl"))],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    child.stdout.on("data", (chunk: Buffer) => {
      if (chunk.includes("generation")) child.kill("SIGKILL");
    });
    const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    expect(signal).toBe("SIGKILL");
    const rows = async (name: string): Promise<string[]> =>
      (await readFile(join(folder.path, name), "utf8")).split("\n").filter(Boolean);
    const left = (await rows("killed.jsonl")).length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(40);

    await collect(decode(config("killed.jsonl")));
    await collect(decode(config("straight.jsonl")));
    expect(await rows("killed.jsonl")).toEqual(await rows("straight.jsonl"));
    const keys = (await rows("killed.jsonl"))
      .map((line) => Generation.parse(JSON.parse(line)))
      .map(({ promptId, preference }) => `${promptId} ${preference?.join()}`);
    expect(new Set(keys).size).toBe(40);
    expect(keys).toHaveLength(40);
  } finally {
    await folder.remove();
  }
});
