import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DecodingConfig, type RunEvent } from "@uniarm/core/schema";
import { collect, temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { decode } from "../src/decode.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const PROMPTS = [{ id: "a", text: "What now?" }];

const decoded = (input: object = {}): Promise<RunEvent[]> =>
  collect(decode(DecodingConfig.parse({ model: folder.path, prompts: PROMPTS, maxNewTokens: 6, ...input })));

async function editConfig(change: object): Promise<void> {
  const path = join(folder.path, "config.json");
  const config = JSON.parse(await readFile(path, "utf8")) as object;
  await writeFile(path, JSON.stringify(Object.assign(config, change)));
}

const generationOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "generation" ? [event.generation] : []))[0]!;

test("a response ends at any of the stop tokens of generation_config.json", async () => {
  await writeTinyModel(folder.path);
  const free = generationOf(await decoded());
  expect(free).toMatchObject({ finish: "length" });
  const stop = free.tokenIds[2]!;
  await writeFile(join(folder.path, "generation_config.json"), JSON.stringify({ eos_token_id: [9, stop] }));
  const stopped = generationOf(await decoded());
  expect(stopped.finish).toBe("eos");
  expect(stopped.tokenIds).toEqual(free.tokenIds.slice(0, free.tokenIds.indexOf(stop) + 1));
});

test("a head of its own where config.json says that it is tied is used and told", async () => {
  await writeTinyModel(folder.path, { config: { tiedEmbeddings: false } });
  const own = generationOf(await decoded());
  await editConfig({ tie_word_embeddings: true });
  const events = await decoded();
  expect(generationOf(events)).toEqual(own);
  const notices = events.flatMap((event) => (event.type === "notice" ? [event] : []));
  expect(notices).toEqual([
    {
      type: "notice",
      code: "model-files",
      message: expect.stringContaining(`${folder.path}: config.json says that the head is the embedding`) as string,
    },
  ]);
});

test("a response that would cross the place where longrope turns otherwise is refused before it starts", async () => {
  await writeTinyModel(folder.path);
  const factors = { short_factor: [1, 2], long_factor: [2, 4], original_max_position_embeddings: 20 };
  await editConfig({ rope_scaling: { rope_type: "longrope", ...factors } });
  await expect(decoded({ maxNewTokens: 12 })).rejects.toThrow(
    "Prompt a has 15 tokens; with maxNewTokens 12 it would cross token 20, from where on longrope turns all positions of the model " +
      "otherwise. Set maxNewTokens to 5 or less, or start from a longer prompt.",
  );
  expect(generationOf(await decoded({ maxNewTokens: 5 })).tokenIds).toHaveLength(5);
  const long = [{ id: "b", text: PROMPTS[0]!.text.repeat(3) }];
  expect(generationOf(await decoded({ prompts: long, maxNewTokens: 12 })).tokenIds).toHaveLength(12);
});
