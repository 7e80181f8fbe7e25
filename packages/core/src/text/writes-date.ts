import { join } from "node:path";
import { readGgufHeader } from "../files/gguf/header.ts";
import { isGgufPath } from "../files/gguf/is-gguf.ts";
import { modelPath } from "../files/model-path.ts";
import { readText } from "../files/read-text.ts";

/** Whether a model's chat template writes the date: its prompts are then others on another day. */
export async function templateWritesDate(place: string): Promise<boolean> {
  const folder = modelPath(place);
  if (isGgufPath(folder))
    return String(readGgufHeader(folder).values.get("tokenizer.chat_template")).includes("strftime_now");
  for (const name of ["chat_template.jinja", "tokenizer_config.json"]) {
    const text = await readText(join(folder, name)).catch(() => ""); // who reads the tokenizer says what is wrong
    if (text.includes("strftime_now")) return true;
  }
  return false;
}
