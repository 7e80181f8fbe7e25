import { createReadStream } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { utf8Chunks } from "@uniarm/core";
import type { Example } from "./examples.ts";

/** Most rows that a sentence names. */
const SHOWN = 3;
const PROMPT_CHARACTERS = 40;

/**
 * Rows of a file of pairs or texts for people: `pairs.jsonl:12 ("Clean the lamp?") and 3 more`. Reads the file again; one
 * that has changed meanwhile is named without lines.
 */
export async function describeRows(path: string, rows: readonly number[]): Promise<string> {
  const distinct = [...new Set(rows)].sort((one, other) => one - other);
  try {
    const lines = await linesOf(path, new Set(distinct.slice(0, SHOWN)));
    return sentenceOf(
      lines.map(({ number, text }) => `${path}:${number} (${promptOf(text)})`),
      distinct,
    );
  } catch {
    return `${distinct.length} rows of ${path}`;
  }
}

/** Examples for people, file by file. */
export async function describeExamples(examples: readonly Pick<Example, "path" | "row">[]): Promise<string> {
  const byPath = [...Map.groupBy(examples, ({ path = "pairs of no file" }) => path)];
  const described = byPath.map(([path, own]) =>
    describeRows(
      path,
      own.map(({ row }) => row),
    ),
  );
  return (await Promise.all(described)).join("; ");
}

function sentenceOf(shown: readonly string[], distinct: readonly number[]): string {
  const more = distinct.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The lines of some rows, counted as `readJsonLines` counts them: empty lines are no rows. */
async function linesOf(path: string, rows: ReadonlySet<number>): Promise<{ number: number; text: string }[]> {
  const found: { number: number; text: string }[] = [];
  let [number, row, rest] = [0, 0, ""];
  const take = (line: string): void => {
    number += 1;
    const text = line.trim();
    if (text === "") return;
    if (rows.has(row)) found.push({ number, text });
    row += 1;
  };
  const decoder = new StringDecoder("utf8");
  for await (const chunk of utf8Chunks(createReadStream(path), path)) {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
    if (found.length === rows.size) return found;
  }
  take(rest);
  return found;
}

/** How a row's prompt begins, on one line. */
function promptOf(line: string): string {
  const { prompt } = JSON.parse(line) as { prompt: string };
  const short = prompt.length > PROMPT_CHARACTERS ? `${prompt.slice(0, PROMPT_CHARACTERS)}...` : prompt;
  return JSON.stringify(short);
}
