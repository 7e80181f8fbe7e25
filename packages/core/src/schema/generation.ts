import { z } from "zod";
import { dialogueText, Message } from "./message.ts";

/** What is asked: a text, or the messages of a dialogue that the model is to continue. */
export const Prompt = z
  .strictObject({
    id: z.string().min(1).describe("its name in generations and scores"),
    text: z.string().optional().describe("what is asked, one turn of the user"),
    messages: z
      .array(Message)
      .min(1)
      .optional()
      .describe("in place of text: the turns so far, which may begin with a system turn and end with the user's"),
  })
  .superRefine(({ text, messages }, context) => {
    const issue = (path: string, message: string): void => {
      context.addIssue({ code: "custom", path: [path], message });
    };
    if (text === undefined && messages === undefined) issue("text", 'a prompt needs "text" or "messages"');
    if (text !== undefined && messages !== undefined)
      issue("messages", 'a prompt has "text" or "messages", not both: leave one out');
    const last = messages?.at(-1);
    if (last && last.role !== "user")
      issue("messages", `the last message is the ${last.role}'s; it must be the user's, which the model answers`);
  });
export type Prompt = z.infer<typeof Prompt>;

/** A prompt as one text, which is shown; the model reads its messages where it has them. */
export const textOfPrompt = ({ text, messages }: Pick<Prompt, "text" | "messages">): string =>
  text ?? dialogueText(messages ?? []);

/** One decoded response; one line of generations.jsonl. Equal (promptId, preference, sample) is the same request. */
export const Generation = z.object({
  promptId: z.string(),
  prompt: z.string().describe("what was asked, as one text"),
  preference: z.array(z.number()).nullable().describe("in the order of the objectives; null: unguided base model"),
  sample: z.int().nonnegative().describe("number of the sample among samplesPerPrompt"),
  text: z.string(),
  tokenIds: z.array(z.int().nonnegative()).describe("generated ids, end-of-sequence included"),
  finish: z.enum(["eos", "length"]),
  logProbNats: z.number().describe("sum of the chosen tokens' log-probabilities under the guided distribution"),
  messages: z.array(Message).min(1).optional().describe("the turns of a prompt that was given as messages"),
});
export type Generation = z.infer<typeof Generation>;
