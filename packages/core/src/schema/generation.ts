import { z } from "zod";
import { dialogueText, Message } from "./message.ts";
import { TokenId, TopLogProbs } from "./token-log-probs.ts";

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

/** How a response ended: by an end-of-sequence token, because it was as long as it may be, or at a stop string. */
export const Finish = z.enum(["eos", "length", "stop"]);
export type Finish = z.infer<typeof Finish>;

/** One decoded response; one line of generations.jsonl. Equal (promptId, preference, sample) is the same request. */
export const Generation = z.object({
  promptId: z.string(),
  prompt: z.string().describe("what was asked, as one text"),
  preference: z.array(z.number()).nullable().describe("in the order of the objectives; null: unguided base model"),
  sample: z.int().nonnegative().describe("number of the sample among samplesPerPrompt"),
  text: z.string().describe("without the stop string that ended it"),
  tokenIds: z
    .array(TokenId)
    .describe("generated ids, the end-of-sequence or all tokens that the stop string reaches into included"),
  finish: Finish,
  logProbNats: z
    .number()
    .describe("sum of the chosen tokens' log-probabilities under the guided distribution, before any processing"),
  baseLogProbNats: z
    .number()
    .optional()
    .describe("sum of the chosen tokens' log-probabilities under the base model, where that was run"),
  armLogProbNats: z
    .number()
    .optional()
    .describe("with bestOf: sum of the chosen tokens' c_l log p_l under the ARMs, the largest of the samples drawn"),
  topLogProbs: z.array(TopLogProbs).optional().describe("with topLogProbs: one for each of tokenIds"),
  baseWeights: z.string().optional().describe("number format of the base model's matrices that it was decoded with"),
  messages: z.array(Message).min(1).optional().describe("the turns of a prompt that was given as messages"),
});
export type Generation = z.infer<typeof Generation>;
