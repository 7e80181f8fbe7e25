import { loadTokenizer, type Tokenizer } from "@uniarm/core";
import { PromptFormatName } from "@uniarm/core/schema";
import { FORMAT_NAMES } from "@uniarm/data";
import { Option } from "commander";

export const FILE_HELP = "JSON lines or array (plain, gzip, zstd) or Parquet";

export const formatOption = (): Option =>
  new Option("--format <name>", "how the rows are written; default: what their keys say").choices(FORMAT_NAMES);

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
