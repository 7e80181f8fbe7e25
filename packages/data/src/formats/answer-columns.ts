import type { Columns } from "./format.ts";
import { isMessages } from "./messages.ts";

/** Which columns of a row hold the prompt and its two answers. */
export interface AnswerColumns {
  /** null: the prompt is the common beginning of both answers; several are joined by a line end */
  prompt: readonly string[] | null;
  system: string | null;
  chosen: string;
  rejected: string;
}

/** Names under which people keep what is asked, where nothing is called prompt. */
const PROMPTS = ["prompt", "question", "instruction", "query", "input", "conversations", "conversation", "messages"];
const SYSTEMS = ["system", "system_prompt", "system_message"];

/** The columns of a row with `chosen` and `rejected`, as its names and what they hold say. */
export function answerColumns(row: Columns): AnswerColumns {
  const holds = (key: string): boolean => typeof row[key] === "string" || isMessages(row[key]);
  const prompt = PROMPTS.find(holds);
  const system = SYSTEMS.find((key) => Object.hasOwn(row, key) && (row[key] === null || typeof row[key] === "string"));
  const isAlpaca = prompt === "instruction" && typeof row.input === "string";
  return {
    prompt: prompt === undefined ? null : isAlpaca ? [prompt, "input"] : [prompt],
    system: system ?? null,
    chosen: "chosen",
    rejected: "rejected",
  };
}

/** Columns that say where a row is from, not what was asked. */
const ABOUT =
  /(?:^|[-_ ])(?:id|ids|uid|uuid|index|idx|source|models?|category|subset|split|lang|language|type|domain|ratings?|scores?|margin|origin|dataset|name|status|license|created_at|key)$/i;

/** Columns of text that may be a prompt under a name which is not known. */
export const otherTexts = (row: Columns, columns: AnswerColumns): string[] =>
  Object.keys(row).filter(
    (key) =>
      typeof row[key] === "string" &&
      key !== columns.chosen &&
      key !== columns.rejected &&
      key !== columns.system &&
      !ABOUT.test(key),
  );
