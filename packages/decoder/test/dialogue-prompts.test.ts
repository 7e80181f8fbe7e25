import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadTokenizer } from "@uniarm/core";
import { DecodingConfig, Generation, Prompt, type Message } from "@uniarm/core/schema";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { decode } from "../src/decode.ts";
import { encodePrompts } from "../src/prompts.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let model: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  ({ model } = await writeTinyWorld(folder.path, "uniarm"));
});
afterAll(() => folder.remove());

const dialogue: Message[] = [
  { role: "user", content: "Hi" },
  { role: "assistant", content: "Hello." },
  { role: "user", content: "More?" },
];
const withSystem: Message[] = [{ role: "system", content: "Be brief." }, ...dialogue];

async function generationsOf(prompts: unknown, more: object = {}): Promise<Generation[]> {
  const config = DecodingConfig.parse({ model, prompts, maxNewTokens: 4, ...more });
  const events = await collect(decode(config));
  return events.flatMap((event) => (event.type === "generation" ? [Generation.parse(event.generation)] : []));
}

describe("prompts of messages", () => {
  test("are read as the model's template writes them, from a list and from a file", async () => {
    const tokenizer = await loadTokenizer(model);
    const prompts = [
      { id: "text", text: "Hi" },
      { id: "one", messages: [dialogue[0]!] },
      { id: "turns", messages: dialogue },
      { id: "system", messages: withSystem },
    ];
    const path = join(folder.path, "prompts.jsonl");
    await writeFile(path, `\uFEFF${prompts.map((prompt) => JSON.stringify(prompt)).join("\r\n")}`);
    const generations = await generationsOf(path);
    const by = Object.fromEntries(generations.map((generation) => [generation.promptId, generation]));
    expect(await generationsOf(prompts)).toEqual(generations);
    expect(by.one!.tokenIds).toEqual(by.text!.tokenIds); // a text is one turn of the user
    expect(by.text!.messages).toBeUndefined();
    expect(by.one).toMatchObject({ prompt: "Hi", messages: [dialogue[0]] });
    expect(by.turns).toMatchObject({
      prompt: "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: More?\n\nAssistant:",
      messages: dialogue,
    });
    expect(by.system!.prompt).toBe(`Be brief.${by.turns!.prompt}`);
    const models = { tokenizer, model: { config: { contextTokens: 128 } } } as unknown as Parameters<
      typeof encodePrompts
    >[1];
    const encoded = encodePrompts([{ id: "x", messages: dialogue }], models, 1);
    expect(encoded[0]!.ids).toEqual(tokenizer.encodePieces(tokenizer.promptFormat.prompt(dialogue)));
  });

  test("two dialogues of one text are two prompts: an output of the one is not continued with the other", async () => {
    const output = join(folder.path, "out.jsonl");
    const text = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: More?\n\nAssistant:";
    await generationsOf([{ id: "a", text }], { output });
    await expect(generationsOf([{ id: "a", messages: dialogue }], { output })).rejects.toThrow(
      "was decoded with other settings (prompts)",
    );
  });
});

test.each([
  [{ id: "a" }, 'a prompt needs "text" or "messages"'],
  [{ id: "a", text: "b", messages: dialogue }, 'a prompt has "text" or "messages", not both: leave one out'],
  [
    { id: "a", messages: dialogue.slice(0, 2) },
    "the last message is the assistant's; it must be the user's, which the model answers",
  ],
  [{ id: "a", messages: [] }, "Too small"],
  [{ id: "a", messages: [{ role: "tool", content: "x" }] }, "Invalid option"],
])("the prompt %j is refused", (prompt, sentence) => {
  expect(JSON.stringify(Prompt.safeParse(prompt).error?.issues)).toContain(JSON.stringify(sentence).slice(1, -1));
});
