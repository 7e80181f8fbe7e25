import { Choice } from "@uniarm/core/schema";
import { z } from "zod";

const VerdictLine = z.strictObject({ better: Choice });
const FENCE = /^```(json)?$/;

/**
 * The verdict on the last line of an answer; null where there is none, or where another line says otherwise. A fence around
 * that line and thoughts before </think> do not count.
 */
export function readVerdict(answer: string): Choice | null {
  const lines = answer
    .split("</think>")
    .at(-1)!
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !FENCE.test(line));
  const last = choiceOf(lines.at(-1) ?? "");
  if (last === null) return null;
  return lines.every((line) => (choiceOf(line) ?? last) === last) ? last : null;
}

function choiceOf(line: string): Choice | null {
  if (!line.startsWith("{")) return null;
  try {
    return VerdictLine.safeParse(JSON.parse(line)).data?.better ?? null;
  } catch {
    return null;
  }
}
