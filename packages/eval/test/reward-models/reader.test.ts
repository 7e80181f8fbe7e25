import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RewardModelConfig } from "@uniarm/core/schema";
import { BYTE_VOCABULARY_SIZE, byteTokenizerFiles, temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REWARD_MODEL_KINDS } from "../../src/reward-models/kinds.ts";
import { readerOf } from "../../src/reward-models/reader.ts";

const EOS = 257;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  const { tokenizer, config } = byteTokenizerFiles();
  await writeFile(join(folder.path, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(join(folder.path, "tokenizer_config.json"), JSON.stringify(config));
});
afterAll(() => folder.remove());

const read = async (template: string, more: object = {}): Promise<{ text: string; ids: number[] }> => {
  await writeFile(join(folder.path, "chat_template.jinja"), template);
  const config = RewardModelConfig.parse({ objective: "helpful", model: folder.path, ...more });
  return (await readerOf(config, REWARD_MODEL_KINDS.LlamaForSequenceClassification!))("Hi", "Yes.");
};
const TURNS = "{% for m in messages %}[{{ m.role }}]{{ m.content }}";

test("a classifier reads the rendered conversation, the template's end token last", async () => {
  const { text, ids } = await read(`${TURNS}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}[A]{% endif %}`);
  expect(text).toBe("[user]Hi</s>[assistant]Yes.</s>");
  expect(ids.at(-1)).toBe(EOS);
  expect(Math.max(...ids)).toBeLessThan(BYTE_VOCABULARY_SIZE);
});

test("white space after the end token is read, too, as transformers does", async () => {
  const { ids } = await read(`${TURNS}{{ eos_token + '\n' }}{% endfor %}`);
  expect(ids.slice(-2)).toEqual([EOS, 10]);
});

test("endOfText adds the token where the text does not end with it", async () => {
  const plain = await read(`${TURNS}{% endfor %}`);
  const added = await read(`${TURNS}{% endfor %}`, { endOfText: true });
  const there = await read(`${TURNS}{{ eos_token }}{% endfor %}`, { endOfText: true });
  expect(added.ids).toEqual([...plain.ids, EOS]);
  expect(there.ids.filter((id) => id === EOS)).toHaveLength(2); // one a turn, as the template has it
});

test("a template's variables are those of the config", async () => {
  const { text } = await read(`${TURNS}{% endfor %}{{ 'quiet' if not enable_thinking }}`, {
    templateVars: { enable_thinking: false },
  });
  expect(text).toBe("[user]Hi[assistant]Yes.quiet");
});
