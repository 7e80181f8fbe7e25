import { z } from "zod";

/** One turn of a dialogue. */
export const Message = z.strictObject({
  role: z.enum(["system", "user", "assistant"]).describe("who speaks"),
  content: z.string().describe("what is said"),
});
export type Message = z.infer<typeof Message>;

const SPEAKERS = { user: "Human", assistant: "Assistant" } as const;

/**
 * A dialogue as one text, for what shows or counts prompts: a single question as it is, else the transcript of HH-RLHF, up
 * to where the model is to speak. Models read the messages themselves, never this.
 */
export function dialogueText(messages: readonly Message[]): string {
  const [first] = messages;
  if (messages.length === 1 && first?.role === "user") return first.content;
  const turns = messages.map(({ role, content }, place) => {
    if (role === "system") return place === 0 ? content : `\n\n${content}`;
    return `\n\n${SPEAKERS[role]}: ${content}`;
  });
  return `${turns.join("")}\n\n${SPEAKERS.assistant}:`;
}
