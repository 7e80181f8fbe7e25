import { join } from "node:path";
import { readText } from "../files/read-text.ts";

/** Whether a model's chat template writes the date: its prompts are then others on another day. */
export async function templateWritesDate(folder: string): Promise<boolean> {
  for (const name of ["chat_template.jinja", "tokenizer_config.json"]) {
    const text = await readText(join(folder, name)).catch(() => ""); // who reads the tokenizer says what is wrong
    if (text.includes("strftime_now")) return true;
  }
  return false;
}
