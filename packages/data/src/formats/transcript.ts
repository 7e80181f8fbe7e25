import type { Message } from "@uniarm/core/schema";
import { dialoguePair, type DialoguePair } from "./dialogue-pair.ts";

/** What ends a transcript's prompt. */
const ANSWER = "\n\nAssistant:";

/** Whether a text is a transcript of HH-RLHF: "\n\nHuman: ...\n\nAssistant: ..." */
export const isTranscript = (text: string): boolean => /^\s*Human:/.test(text);

/**
 * Two transcripts -> their pair with the prompt as it is written, or why they are none. One that ends in "Assistant:" was not
 * answered; one that goes on with white space alone was, by nothing.
 */
export function transcriptPair(chosen: string, rejected: string): DialoguePair & { prompt: string } {
  const end = chosen.lastIndexOf(ANSWER);
  if (end < 0) return { reason: "chosen has no Assistant turn", prompt: "" };
  const prompt = chosen.slice(0, end + ANSWER.length);
  const open = [chosen, rejected].findIndex((transcript) => transcript.endsWith(ANSWER));
  if (open >= 0) return { reason: `${open === 0 ? "chosen" : "rejected"} ends before the assistant's answer`, prompt };
  return { ...dialoguePair(turnsOf(chosen), turnsOf(rejected), { what: "transcripts", mayBeEmpty: true }), prompt };
}

/** The turns of a transcript; what stands before the first is a system turn. */
export function turnsOf(transcript: string): Message[] {
  const [before, ...turns] = transcript.replace(/^\s*(?=Human:|Assistant:)/, "\n\n").split(/\n\n(Human|Assistant):/);
  const messages: Message[] = [];
  if (before!.trim() !== "") messages.push({ role: "system", content: before!.trim() });
  for (let at = 0; at + 1 < turns.length; at += 2)
    messages.push({ role: turns[at] === "Human" ? "user" : "assistant", content: turns[at + 1]!.trim() });
  return messages;
}

/** A transcript's prompt and the answer to it as one transcript, whether or not the answer repeats the prompt. */
export function answered(prompt: string, answer: string): string {
  if (answer.startsWith(prompt) || isTranscript(answer)) return answer;
  const start = prompt.trimEnd();
  const opened = start.endsWith("\n\nAssistant:") || answer.startsWith(ANSWER) ? start : `${start}${ANSWER}`;
  return `${opened}${/^\s/.test(answer) ? "" : " "}${answer}`;
}

/** The turns of a transcript's prompt, without the colon that the answer is to follow. */
export const promptTurns = (prompt: string): Message[] => turnsOf(prompt.replace(/\n\nAssistant:\s*$/, ""));
