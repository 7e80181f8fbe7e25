import type { Message } from "../schema/message.ts";
import type { PROMPT_FORMATS } from "../schema/prompt-format.ts";
import { content, format, type Piece } from "./pieces.ts";

/** How a dialogue and a response become the text that the model was trained on. */
export interface PromptFormat {
  readonly name: (typeof PROMPT_FORMATS)[number];
  /** Everything before the response, up to where the model is to speak. A text is one turn of the user. */
  prompt(prompt: string | readonly Message[]): Piece[];
  /** What follows `prompt`, without the end-of-sequence token. */
  response(text: string): Piece[];
  /** The whole dialogue, answered: what a reward model reads. */
  conversation(prompt: string | readonly Message[], response: string): Piece[];
  /** true: the format itself writes the beginning-of-sequence token where the model wants one; else the tokenizer does */
  readonly writesStart: boolean;
}

/** A format without a template: what stands around each turn. */
interface Layout {
  start: string;
  system: [before: string, after: string];
  user: [before: string, after: string];
  /** around the turns of the model; what is before the last one ends the prompt */
  assistant: [before: string, after: string];
}

/** `</s>` in a layout is the tokenizer's own end-of-sequence token. */
const LAYOUTS: Record<Exclude<PromptFormat["name"], "chat-template">, Layout> = {
  plain: { start: "", system: ["", "\n\n"], user: ["", ""], assistant: [" ", "\n\n"] },
  // PKU-Alignment/safe-rlhf, safe_rlhf/configs/constants.py: nothing between the colon and the answer
  beaver: {
    start: "BEGINNING OF CONVERSATION: ",
    system: ["", " "],
    user: ["USER: ", " "],
    assistant: ["ASSISTANT:", "</s>"],
  },
  // tatsu-lab/stanford_alpaca, train.py
  alpaca: {
    start:
      "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n",
    system: ["", "\n\n"],
    user: ["### Instruction:\n", "\n\n"],
    assistant: ["### Response:", "</s>\n\n"],
  },
  // allenai/open-instruct, Tulu 2
  tulu: {
    start: "",
    system: ["<|system|>\n", "\n"],
    user: ["<|user|>\n", "\n"],
    assistant: ["<|assistant|>\n", "</s>\n"],
  },
  // Anthropic/hh-rlhf
  hh: { start: "", system: ["", ""], user: ["\n\nHuman: ", ""], assistant: ["\n\nAssistant:", ""] },
};

const TRANSCRIPT = /^\s*Human: /;
const TRANSCRIPT_END = /\s*Assistant:\s*$/;

/** A format by its name. In `hh` a prompt that is a whole transcript ("\n\nHuman: ...") stays as it is. */
export function namedFormat(name: keyof typeof LAYOUTS, eosToken: string | null): PromptFormat {
  const { start, ...turns } = LAYOUTS[name];
  const written = (text: string): Piece => format(text.replaceAll("</s>", eosToken ?? ""));
  const spaced = name === "hh" ? " " : ""; // hh's answers follow the colon after a space
  const self: PromptFormat = {
    name,
    writesStart: false,
    prompt: (prompt) => {
      if (name === "hh" && typeof prompt === "string" && TRANSCRIPT.test(prompt))
        return [content(prompt.replace(TRANSCRIPT_END, "")), written(turns.assistant[0])];
      const messages: readonly Message[] = typeof prompt === "string" ? [{ role: "user", content: prompt }] : prompt;
      const pieces = messages.flatMap(({ role, content: text }) => [
        written(turns[role][0] + (role === "assistant" ? spaced : "")),
        content(text),
        written(turns[role][1]),
      ]);
      const opening = name === "plain" ? "" : turns.assistant[0]; // plain's space belongs to the answer
      return [written(start), ...pieces, written(opening)].filter(({ text }) => text !== "");
    },
    response: (text) => [format(name === "plain" ? " " : spaced), content(text)].filter((piece) => piece.text !== ""),
    conversation: (prompt, response) => [...self.prompt(prompt), ...self.response(response)],
  };
  return self;
}
