import { dataStats } from "@uniarm/data";
import { Command } from "commander";
import { pairTokens } from "../../data/pair-tokens.ts";
import { printedStats } from "../../data/print-stats.ts";
import { noneSkipped, pairsOf, skippedLine } from "../../data/read.ts";
import { silentProgress, terminalProgress } from "../../progress.ts";
import {
  FILE_HELP,
  formatOption,
  promptFormatOption,
  tokenizerOf,
  type FormatFlag,
  type TokenizerFlags,
} from "./options.ts";

export function statsCommand(): Command {
  return new Command("stats")
    .description("counts, lengths, conflict rate, ties, duplicates, score margins")
    .argument("<file>", FILE_HELP)
    .addOption(formatOption())
    .option("--tokenizer <folder>", "model folder: lengths in tokens too")
    .addOption(promptFormatOption())
    .option("--json", "the figures as JSON on standard output")
    .action(async (file: string, flags: TokenizerFlags & { format?: FormatFlag; json?: boolean }) => {
      const progress = flags.json ? silentProgress : terminalProgress();
      const tokenizer = await tokenizerOf(flags);
      const skipped = noneSkipped();
      const startedAt = performance.now();
      const pairs = pairsOf(file, flags.format, progress, skipped);
      const stats = await dataStats(pairs, tokenizer ? (pair) => pairTokens(tokenizer, pair) : undefined);
      progress.close();
      const seconds = (performance.now() - startedAt) / 1000;
      const speed = { rowsPerSecond: Math.round(stats.pairs / seconds), peakMemoryMb: peakMemoryMb() };
      if (flags.json) {
        process.stdout.write(`${JSON.stringify({ ...stats, skippedRows: skipped.count, ...speed })}\n`);
        return;
      }
      process.stdout.write(`${printedStats(stats)}\n`);
      if (skipped.count > 0) process.stdout.write(`${skippedLine(skipped)}\n`);
      const rate = speed.rowsPerSecond.toLocaleString("en-US");
      process.stderr.write(
        `${seconds.toFixed(1)} s, ${rate} rows a second, at most ${speed.peakMemoryMb} MB of memory\n`,
      );
    });
}

const peakMemoryMb = (): number => Math.round(process.resourceUsage().maxRSS / 1000);
