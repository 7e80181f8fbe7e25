import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { nativeOps, openEngine } from "@uniarm/core";
import { DecodingConfig, type Generation } from "@uniarm/core/schema";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decode } from "../src/decode.ts";
import { settingsPath } from "../src/generation-file.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

await openEngine();

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let world: { model: string; checkpoint: string };
beforeAll(async () => {
  folder = await temporaryFolder();
  world = await writeTinyWorld(folder.path, "genarm");
});
afterAll(() => folder.remove());

async function generationsOf(input: object): Promise<Generation[]> {
  const config = DecodingConfig.parse({
    ...world,
    prompts: ["Hi", "What now?", "Where is it?"].map((text, index) => ({ id: `p${index}`, text })),
    preferences: [
      [0.25, 0.75],
      [1, 0],
    ],
    strength: 2,
    maxNewTokens: 8,
    ...input,
  });
  const events = await collect(decode(config));
  return events.flatMap((event) => (event.type === "generation" ? [event.generation] : []));
}

test.skipIf(nativeOps() === null)(
  "a base in int8 is steered, gives the same tokens in any batch, and its output says what it was",
  async () => {
    const output = join(folder.path, "int8.jsonl");
    const together = await generationsOf({ baseWeights: "int8", output });
    const apart = await generationsOf({ baseWeights: "int8", batchRows: 1 });
    expect(together).toHaveLength(6);
    const tokens = (all: readonly Generation[]): string[] =>
      all
        .map(({ promptId, preference, tokenIds }) => `${promptId} ${String(preference)}: ${tokenIds.join(" ")}`)
        .sort();
    expect(tokens(together)).toEqual(tokens(apart));
    expect(await readFile(settingsPath(output), "utf8")).toContain("int8");
  },
);
