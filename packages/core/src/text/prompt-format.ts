import { Template } from "@huggingface/jinja";
import { UniArmError } from "../schema/error.ts";

/** How a prompt and a response become the text that the model was trained on. */
export interface PromptFormat {
  /** Everything before the response, up to where the model is to speak. */
  prompt(text: string): string;
  /** What follows `prompt`, without the end-of-sequence token. */
  response(text: string): string;
}

/** Without a chat template the response follows the prompt after a space. */
export const plainFormat: PromptFormat = { prompt: (text) => text, response: (text) => ` ${text}` };

/** Names the template's special tokens; null where the tokenizer has none. */
export interface TemplateTokens {
  bosToken: string | null;
  eosToken: string | null;
}

/**
 * The format that a tokenizer's chat template (Jinja) describes: one user turn, then one assistant turn.
 * @throws UniArmError chat-template-invalid when it does not parse, or when its prompt is not the start of the whole dialogue
 */
export function chatFormat(source: string, { bosToken, eosToken }: TemplateTokens, where: string): PromptFormat {
  const template = parse(source, where);
  const render = (messages: { role: string; content: string }[], addGenerationPrompt: boolean): string => {
    try {
      return template.render({
        messages,
        add_generation_prompt: addGenerationPrompt,
        bos_token: bosToken ?? "",
        eos_token: eosToken ?? "",
      });
    } catch (cause) {
      throw new UniArmError(
        "chat-template-invalid",
        `The chat template of ${where} does not render: ${(cause as Error).message}.`,
        { cause },
      );
    }
  };
  const prompt = (text: string): string => render([{ role: "user", content: text }], true);
  return {
    prompt,
    response: (text) => {
      // after a stand-in question: what a template writes for an answer does not depend on it
      const user = { role: "user", content: "?" };
      const start = render([user], true);
      const whole = render([user, { role: "assistant", content: text }], false);
      if (!whole.startsWith(start)) {
        throw new UniArmError(
          "chat-template-invalid",
          `The chat template of ${where} writes a question differently once it is answered, so a response cannot be told from its prompt.`,
        );
      }
      return withoutEnd(whole.slice(start.length), eosToken);
    },
  };
}

function parse(source: string, where: string): Template {
  try {
    return new Template(source);
  } catch (cause) {
    throw new UniArmError(
      "chat-template-invalid",
      `The chat template of ${where} is not valid Jinja: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

/** Cuts a closing end-of-sequence token and the white space after it; `encodeResponse` adds the token itself. */
function withoutEnd(text: string, eosToken: string | null): string {
  if (!eosToken) return text;
  const trimmed = text.trimEnd();
  return trimmed.endsWith(eosToken) ? trimmed.slice(0, -eosToken.length) : text;
}
