import { loadTokenizer, type Tokenizer } from "@uniarm/core";
import { PromptFormatName, UniArmError } from "@uniarm/core/schema";
import { FORMAT_NAMES, formatNamed, type ColumnMapping } from "@uniarm/data";
import { Option } from "commander";
import { readJsonFile } from "../../schema-options.ts";

export const FILE_HELP =
  "JSON lines, a JSON array or CSV (plain, gzip, zstd) or Parquet; a folder of shards, or a pattern: 'data/train-*'";

/** A format's name, or the columns of one's own. */
export type FormatFlag = string | ColumnMapping;

export const formatOption = (): Option =>
  new Option(
    "--format <name>",
    `how the rows are written: ${FORMAT_NAMES.join(", ")}; or your own columns as JSON or @file: ` +
      `'{"prompt":"question","chosen":"good","rejected":"bad"}', also with "system", "objective", "scores", or "responses" and "winners"; default: what the first row says`,
  ).argParser((text): FormatFlag => {
    const format = text.startsWith("@") || text.trimStart().startsWith("{") ? mappingIn(text) : text;
    formatNamed(format); // a name or mapping that is wrong is told before a file is read
    return format;
  });

function mappingIn(text: string): ColumnMapping {
  if (text.startsWith("@")) return readJsonFile(text.slice(1), "value of --format") as ColumnMapping;
  try {
    return JSON.parse(text) as ColumnMapping;
  } catch (cause) {
    throw new UniArmError("json-invalid", `The value of --format is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

export const promptFormatOption = (): Option =>
  new Option("--prompt-format <name>", "how prompts are written out to count their tokens")
    .choices(PromptFormatName.unwrap().options)
    .default("auto");

export interface TokenizerFlags {
  tokenizer?: string;
  promptFormat: PromptFormatName;
}

export const tokenizerOf = async ({ tokenizer, promptFormat }: TokenizerFlags): Promise<Tokenizer | null> =>
  tokenizer === undefined ? null : loadTokenizer(tokenizer, { promptFormat });
