import { cp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readGgufHeader } from "../files/gguf/header.ts";
import { isGgufPath } from "../files/gguf/is-gguf.ts";
import { ggufTokenizerFiles } from "../text/gguf/tokenizer-json.ts";

/** What belongs to a model beside its weights and config.json. */
const COMPANIONS =
  /^(tokenizer.*|special_tokens_map\.json|added_tokens\.json|vocab\..*|merges\.txt|generation_config\.json|chat_template\..*|.*\.model)$/;

/** Copies the files beside a model's weights; of a GGUF file they are written from its keys. */
export async function writeCompanions(source: string, folder: string, config: Record<string, unknown>): Promise<void> {
  if (!isGgufPath(source)) {
    for (const file of await readdir(source))
      if (COMPANIONS.test(file)) await cp(join(source, file), join(folder, file), { dereference: true }); // a cache may hold links
    return;
  }
  const { tokenizer, config: tokenizerConfig, chatTemplate } = ggufTokenizerFiles(readGgufHeader(source));
  const { bos_token_id, eos_token_id, pad_token_id } = config;
  const write = (name: string, json: unknown): Promise<void> =>
    writeFile(join(folder, name), `${JSON.stringify(json, null, 1)}\n`);
  await write("tokenizer.json", tokenizer);
  await write("tokenizer_config.json", tokenizerConfig);
  await write("generation_config.json", { bos_token_id, eos_token_id, pad_token_id });
  if (chatTemplate !== undefined) await writeFile(join(folder, "chat_template.jinja"), chatTemplate);
}
