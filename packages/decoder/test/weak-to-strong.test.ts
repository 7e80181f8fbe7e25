import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRandom } from "@uniarm/core";
import { DecodingConfig, type Generation, type RunEvent } from "@uniarm/core/schema";
import { byteTokenizerFiles, collect, expectNoTensorLeak, temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { decode } from "../src/decode.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

let folder: string;
let remove: () => Promise<void>;
let paths: { model: string; checkpoint: string };
let base: string;

beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  paths = await writeTinyWorld(folder, "uniarm");
  base = join(folder, "base");
  await writeTinyModel(base, { random: createRandom(9), config: { layers: 3, vocabularySize: 260 } }); // rows beyond its tokenizer's ids
});
afterEach(() => remove());

const configOf = (more: object = {}): DecodingConfig =>
  DecodingConfig.parse({
    model: base,
    armModel: paths.model,
    checkpoint: paths.checkpoint,
    prompts: [{ id: "a", text: "Why?" }],
    preferences: [[0.5, 0.5]],
    maxNewTokens: 6,
    baseWeights: "float32",
    ...more,
  });
const generationsOf = (events: RunEvent[]): Generation[] =>
  events.flatMap((event) => (event.type === "generation" ? [event.generation] : []));

/** Adds "[PAD]" as a last token, as some releases do. */
async function withOneTokenMore(target: string): Promise<void> {
  const { tokenizer } = byteTokenizerFiles() as unknown as { tokenizer: { added_tokens: object[] } };
  const [first] = tokenizer.added_tokens;
  tokenizer.added_tokens.push({ ...first, id: 258, content: "[PAD]" });
  await writeFile(join(target, "tokenizer.json"), JSON.stringify(tokenizer));
}

test("an ARM on another model guides the base, which shows in nothing but the answers", async () => {
  await expectNoTensorLeak(async () => {
    const guided = await collect(decode(configOf({ strength: 3 })));
    const unguided = await collect(decode(configOf({ strength: 0 })));
    expect(guided.some(({ type }) => type === "notice")).toBe(false);
    const [one, other] = [generationsOf(guided), generationsOf(unguided)];
    expect(one[0]!.tokenIds).not.toEqual(other[0]!.tokenIds);
    expect(one[0]!.tokenIds.every((id) => id < 258)).toBe(true); // ids without a token are never chosen
  });
});

test("tokenizers that differ are refused with the ids; the shared ones can be asked for", async () => {
  await withOneTokenMore(base);
  await expect(collect(decode(configOf()))).rejects.toThrow(
    /One model cannot guide the other.*\(259 ids\).*\(258 ids\) differ\. id 258 is "\[PAD\]" in the first and nothing in the second\. Set vocabulary to shared/,
  );
  const events = await collect(decode(configOf({ vocabulary: "shared" })));
  expect(events).toContainEqual(
    expect.objectContaining({
      type: "notice",
      message: expect.stringContaining("share ids 0 to 257; 1 are left out") as string,
    }),
  );
  expect(generationsOf(events)[0]!.tokenIds.every((id) => id < 258)).toBe(true);
});

test("each model reads the prompt in its own format", async () => {
  const plain = await collect(decode(configOf({ strength: 3 })));
  const other = await collect(decode(configOf({ strength: 3, armPromptFormat: "beaver" })));
  expect(generationsOf(other)[0]!.logProbNats).not.toBeCloseTo(generationsOf(plain)[0]!.logProbNats, 3);
});

test("a checkpoint of another model than armModel is refused", async () => {
  await expect(collect(decode(configOf({ armModel: base })))).rejects.toMatchObject({
    code: "checkpoint-base-mismatch",
  });
});

test.each([
  [{ armModel: undefined, vocabulary: "shared" }, "vocabulary shared has no effect without armModel"],
  [{ armModel: undefined, armPromptFormat: "hh" }, "armPromptFormat has no effect without armModel"],
  [{ checkpoint: undefined, preferences: undefined }, "armModel carries a checkpoint's ARMs"],
])("an option without effect is an error: %o", (more, message) => {
  expect(() => configOf(more)).toThrow(message);
});
