import { UniArmError, type PreferencePair } from "@uniarm/core/schema";
import { parseSplit, partOf } from "@uniarm/data";
import { Command } from "commander";
import { z } from "zod";
import { noneSkipped, pairsOf, skippedLine } from "../../data/read.ts";
import { pairTokens } from "../../data/pair-tokens.ts";
import { reportWritten } from "../../data/report-written.ts";
import { writePairs } from "../../data/write-pairs.ts";
import { silentProgress, terminalProgress } from "../../progress.ts";
import { parseConfig } from "../../schema-options.ts";
import {
  FILE_HELP,
  formatOption,
  promptFormatOption,
  tokenizerOf,
  type FormatFlag,
  type TokenizerFlags,
} from "./options.ts";

interface ConvertFlags extends TokenizerFlags {
  output: string;
  format?: FormatFlag;
  split?: string;
  seed: string;
  maxTokens?: string;
  json?: boolean;
}

export function convertCommand(): Command {
  return new Command("convert")
    .description("write pairs as training reads them; split by prompt, leave out what is too long")
    .argument("<file>", FILE_HELP)
    .requiredOption("--output <file>", "JSONL to write; with --split one file a part: pairs.train.jsonl, ...")
    .addOption(formatOption())
    .option("--split <shares>", "train=0.8,validation=0.1,test=0.1: a prompt is in one part only")
    .option("--seed <number>", "of the split", "0")
    .option("--max-tokens <number>", "leave out pairs whose longer text has more tokens; needs --tokenizer")
    .option("--tokenizer <folder>", "model folder whose tokenizer counts")
    .addOption(promptFormatOption())
    .option("--json", "what was written as JSON on standard output")
    .action(async (file: string, flags: ConvertFlags) => {
      const split = flags.split === undefined ? null : parseSplit(flags.split);
      const seed = parseConfig(z.coerce.number().int().nonnegative(), flags.seed);
      const fits = await lengthFilter(flags);
      const skipped = noneSkipped();
      const progress = flags.json ? silentProgress : terminalProgress();
      let [kept, tooLong] = [0, 0];
      const written = await writePairs(flags.output, async (write) => {
        for await (const pair of pairsOf(file, flags.format, progress, skipped)) {
          if (fits(pair)) {
            kept += 1;
            await write(split && partOf(pair.prompt, split, seed), pair);
          } else tooLong += 1;
        }
        if (kept > 0) return;
        throw new UniArmError(
          "data-no-pairs",
          `All ${tooLong} pairs of ${file} are longer than ${flags.maxTokens} tokens, so none would be written. Raise --max-tokens.`,
        );
      });
      progress.close();
      reportWritten({ written, skippedRows: skipped.count, tooLong }, flags.json, [
        ...(tooLong > 0 ? [`${tooLong} pairs are longer than ${flags.maxTokens} tokens and were left out`] : []),
        ...(skipped.count > 0 ? [skippedLine(skipped)] : []),
      ]);
    });
}

async function lengthFilter(flags: ConvertFlags): Promise<(pair: PreferencePair) => boolean> {
  const tokenizer = await tokenizerOf(flags);
  if (flags.maxTokens === undefined) return () => true;
  if (!tokenizer) {
    throw new UniArmError(
      "tokenizer-needed",
      "--max-tokens counts a model's tokens: name its folder with --tokenizer.",
    );
  }
  const most = parseConfig(z.coerce.number().int().positive(), flags.maxTokens);
  return (pair) => {
    const { prompt, responses } = pairTokens(tokenizer, pair);
    return prompt + Math.max(...responses) <= most;
  };
}
