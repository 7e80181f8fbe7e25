import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "@uniarm/core";
import { LINEAR_MODULES } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { makePairs, makeTexts, tinyWorldModel, tinyWorldObjectives } from "@uniarm/tiny-world";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../run-cli.ts";

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  const pairs = makeTexts(8, createRandom(0)).map(({ prompt, response }) => ({
    prompt,
    responses: [response, "Wear thick gloves."] as [string, string],
  }));
  const lines = makePairs(pairs, tinyWorldObjectives(2)).map((pair) => JSON.stringify(pair));
  await writeFile(join(folder, "pairs.jsonl"), lines.join("\n"));
});
afterAll(async () => remove());

const train = (output: string, ...more: string[]) =>
  runCli(
    [
      ["train", "--model", tinyWorldModel("quick"), "--pairs", join(folder, "pairs.jsonl"), "--steps", "1"],
      ["--output", join(folder, output), "--objectives", JSON.stringify(tinyWorldObjectives(2)), ...more],
    ].flat(),
  );
const settingsOf = async (output: string): Promise<unknown> =>
  JSON.parse(await readFile(join(folder, output, "config.json"), "utf8"));

test("train --config takes settings that ship by their name, for the method that is asked for; flags override them", async () => {
  const { code, stderr } = await train("named", "--config", "everyday", "--method", "parm", "--batch-pairs", "4");
  expect(code, stderr).toBe(0);
  expect(await settingsOf("named")).toMatchObject({
    method: "parm",
    recipe: "imitation",
    rewardTemperature: 0.05,
    steps: 1,
    batchPairs: 4,
    adapter: { kind: "pblora", targets: [...LINEAR_MODULES] },
    optimizer: { learningRate: 2e-3 },
  });
});

test("a name of none that ships is read as a file", async () => {
  const { code, stderr } = await train("unknown", "--config", "evryday");
  expect(code).toBe(2);
  expect(stderr).toContain("The config file evryday cannot be read. Check the path.");
});
