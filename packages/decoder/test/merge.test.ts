import { appendFile, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { DecodingConfig, preferenceGrid } from "@uniarm/core/schema";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decode } from "../src/decode.ts";
import { mergeGenerations } from "../src/merge.ts";
import type { DecodingInput } from "./inputs.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let world: Awaited<ReturnType<typeof writeTinyWorld>>;
beforeEach(async () => {
  folder = await temporaryFolder();
  world = await writeTinyWorld(folder.path, "uniarm");
});
afterEach(() => folder.remove());

const prompts = ["One", "Another, longer", "Of all by far the longest", "Two", "Short"].map((text, index) => ({
  id: `p${index}`,
  text,
}));
const at = (name: string): string => join(folder.path, name);
const configOf = (name: string, change: Partial<DecodingInput> = {}): DecodingConfig =>
  DecodingConfig.parse({
    ...world,
    prompts,
    preferences: preferenceGrid(2, 2),
    maxNewTokens: 6,
    batchRows: 4, // four batches, whose borders are not those of prompts
    sampling: { temperature: 1 },
    output: at(name),
    ...change,
  });
/** Part 1, 2, ... of `count`, in files of these names. */
async function decodeParts(names: string[], count = names.length, change: Partial<DecodingInput> = {}): Promise<void> {
  for (const [index, name] of names.entries())
    await collect(decode(configOf(name, change), { shard: { index, count } }));
}
const bytesOf = (name: string): Promise<string[]> =>
  Promise.all([readFile(at(name), "utf8"), readFile(`${at(name)}.config.json`, "utf8")]);

describe("files of parts", () => {
  test.each([2, 4])("of %i, in any order, become what decoding without parts writes", async (count) => {
    const names = Array.from({ length: count }, (_, index) => `part-${index}.jsonl`);
    await decodeParts(names);
    await collect(decode(configOf("whole.jsonl")));
    expect(await mergeGenerations(names.toReversed().map(at), at("merged.jsonl"))).toBe(15);
    expect(await bytesOf("merged.jsonl")).toEqual(await bytesOf("whole.jsonl"));
  });

  test("that were joined are taken for the whole: it is not decoded again", async () => {
    await decodeParts(["a", "b"]);
    await mergeGenerations([at("a"), at("b")], at("merged"));
    const events = await collect(decode(configOf("merged")));
    expect(events.find((event) => event.type === "notice")?.message).toBe(
      `15 of 15 rows were already in ${at("merged")}.`,
    );
  });
});

describe("what makes no whole is refused", () => {
  const merged = (...names: string[]): Promise<number> => mergeGenerations(names.map(at), at("merged"));

  test("parts of other settings, and of another division", async () => {
    await decodeParts(["a", "b"]);
    await decodeParts(["c", "d"], 2, { seed: 5 });
    await decodeParts(["e"], 3);
    await decodeParts(["f"], 2, { batchRows: 3 });
    await expect(merged("a", "d")).rejects.toThrow(
      `${at("a")} and ${at("d")} are of different decodings: seed is 0 in one and 5 in the other. Decode all parts with the same settings.`,
    );
    await expect(merged("b", "f")).rejects.toThrow(
      `${at("b")} was decoded with batchRows 4, ${at("f")} with 3, so they are not parts of one whole. Decode all parts with the same batchRows.`,
    );
    await expect(merged("a", "e")).rejects.toThrow(
      `${at("a")} is part 1/2, ${at("e")} part 1/3. Name parts of one division.`,
    );
  });

  test("a part that is named twice, or not at all", async () => {
    await decodeParts(["a", "b", "c"]);
    await decodeParts(["again"], 3);
    await expect(merged("a", "b", "again", "c")).rejects.toThrow(
      `${at("a")} and ${at("again")} are both part 1/3. Name each part once.`,
    );
    await expect(merged("b")).rejects.toThrow(
      "Not all parts were named: 1/3, 3/3 of the same decoding are missing. Name the files of all parts.",
    );
  });

  test("a part that was stopped before its end", async () => {
    await decodeParts(["a", "b"]);
    const [whole] = await bytesOf("b");
    await truncate(at("b"), Buffer.byteLength(whole!.slice(0, whole!.indexOf("\n") + 1)));
    await expect(merged("a", "b")).rejects.toThrow(
      `${at("b")}, part 2/2, has 1 of its 7 rows. Run its decoding again: it continues where it stopped.`,
    );
    await appendFile(at("b"), '{"promptId": "p');
    await expect(merged("a", "b")).rejects.toThrow("part 2/2, has a last row that was cut short.");
  });

  test("a whole decoding, and an output that is there", async () => {
    await decodeParts(["a", "b"]);
    await collect(decode(configOf("whole")));
    await expect(merged("whole", "b")).rejects.toThrow(
      `${at("whole")}.config.json does not say which part of a decoding ${at("whole")} is. Name files that uniarm decode --shard wrote, with the settings beside them.`,
    );
    await expect(mergeGenerations([at("a"), at("b")], at("whole"))).rejects.toThrow(
      `${at("whole")} is there already. Choose another output, or remove it and ${at("whole")}.config.json.`,
    );
  });

  test("a part's output is not continued as another part", async () => {
    await decodeParts(["a"], 2);
    await expect(collect(decode(configOf("a"), { shard: { index: 1, count: 2 } }))).rejects.toThrow(
      `${at("a")} was decoded with other settings (shard): its shard is {"index":0,"count":2,"rows":8,"batchRows":4}, this run's is {"index":1,"count":2,"rows":7,"batchRows":4}.`,
    );
  });
});
