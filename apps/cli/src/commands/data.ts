import { Command, Option } from "commander";
import { encodePrompt, encodeResponse, loadTokenizer, type Tokenizer } from "@uniarm/core";
import { PromptFormatName, RewardModelConfig, UniArmError, type PreferencePair } from "@uniarm/core/schema";
import { dataStats, FORMAT_NAMES, parseSplit, partOf, relabel } from "@uniarm/data";
import { openRewardModels } from "@uniarm/eval";
import { z } from "zod";
import { pairsFromModel, PairsConfig } from "../data/pairs-from-model.ts";
import { printedStats } from "../data/print-stats.ts";
import { pairsOf, skippedLine, type Skipped } from "../data/read.ts";
import { partFiles } from "../data/write-parts.ts";
import type { CommandContext } from "../program.ts";
import { silentProgress, terminalProgress, type Progress } from "../progress.ts";
import { parseConfig, readJsonFile } from "../schema-options.ts";
import { configCommand, configOf } from "./config-command.ts";

export function dataCommand(context: CommandContext): Command {
  return new Command("data")
    .description("look into preference datasets, convert, split, relabel and make them")
    .addCommand(statsCommand())
    .addCommand(convertCommand())
    .addCommand(relabelCommand())
    .addCommand(pairsCommand(context));
}

const formatOption = (): Option =>
  new Option("--format <name>", "how the rows are written; default: what their keys say").choices(FORMAT_NAMES);
const promptFormatOption = (): Option =>
  new Option("--prompt-format <name>", "how prompts are written out to count their tokens")
    .choices(PromptFormatName.unwrap().options)
    .default("auto");

interface TokenizerFlags {
  tokenizer?: string;
  promptFormat: PromptFormatName;
}

const tokenizerOf = async ({ tokenizer, promptFormat }: TokenizerFlags): Promise<Tokenizer | null> =>
  tokenizer === undefined ? null : loadTokenizer(tokenizer, { promptFormat });

function statsCommand(): Command {
  return new Command("stats")
    .description("counts, lengths, conflict rate, ties, duplicates, score margins")
    .argument("<file>", "JSON lines or array (plain, gzip, zstd) or Parquet")
    .addOption(formatOption())
    .option("--tokenizer <folder>", "model folder: lengths in tokens too")
    .addOption(promptFormatOption())
    .option("--json", "the figures as JSON on standard output")
    .action(async (file: string, flags: TokenizerFlags & { format?: string; json?: boolean }) => {
      const progress = flags.json ? silentProgress : terminalProgress();
      const tokenizer = await tokenizerOf(flags);
      const skipped: Skipped = { count: 0, first: null };
      const startedAt = performance.now();
      const pairs = pairsOf(file, flags.format, progress, skipped);
      const stats = await dataStats(pairs, tokenizer ? (text) => tokenizer.encode(text).length : undefined);
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

interface ConvertFlags extends TokenizerFlags {
  output: string;
  format?: string;
  split?: string;
  seed: string;
  maxTokens?: string;
  json?: boolean;
}

function convertCommand(): Command {
  return new Command("convert")
    .description("write pairs as training reads them; split by prompt, leave out what is too long")
    .argument("<file>", "JSON lines or array (plain, gzip, zstd) or Parquet")
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
      const skipped: Skipped = { count: 0, first: null };
      const progress = flags.json ? silentProgress : terminalProgress();
      let tooLong = 0;
      const written = await writeAll(flags.output, async (write) => {
        for await (const pair of pairsOf(file, flags.format, progress, skipped)) {
          if (fits(pair)) await write(split && partOf(pair.prompt, split, seed), pair);
          else tooLong += 1;
        }
      });
      progress.close();
      report({ written, skippedRows: skipped.count, tooLong }, flags.json, [
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
  return ({ prompt, messages, responses }) => {
    const start = encodePrompt(tokenizer, messages ?? prompt).length;
    return responses.every((response) => start + encodeResponse(tokenizer, response).length <= most);
  };
}

const RelabelConfig = z.object({ rewardModels: z.array(RewardModelConfig).min(1) });

function relabelCommand(): Command {
  return new Command("relabel")
    .description("score both responses with reward models and let the scores decide who wins")
    .argument("<file>", "JSON lines or array (plain, gzip, zstd) or Parquet")
    .requiredOption("--output <file>", "JSONL to write")
    .requiredOption("--config <file>", 'JSON with "rewardModels", as `uniarm score` takes them')
    .addOption(formatOption())
    .addOption(
      new Option("--ties <rule>", "who wins equal scores: tie, or second as in PARM's data")
        .choices(["tie", "second"])
        .default("tie"),
    )
    .option("--cache <file>", "scores by model and text; default: OUTPUT.cache")
    .option("--json", "what was written as JSON on standard output")
    .action(
      async (
        file: string,
        flags: {
          output: string;
          config: string;
          format?: string;
          ties: "tie" | "second";
          cache?: string;
          json?: boolean;
        },
      ) => {
        const { rewardModels } = parseConfig(RelabelConfig, readJsonFile(flags.config, "config file"));
        const skipped: Skipped = { count: 0, first: null };
        const progress: Progress = flags.json ? silentProgress : terminalProgress();
        const scorer = await openRewardModels(rewardModels, { cache: flags.cache ?? `${flags.output}.cache` });
        try {
          const { objectives, score } = scorer;
          const pairs = pairsOf(file, flags.format, progress, skipped);
          const written = await writeAll(flags.output, async (write) => {
            for await (const pair of relabel(pairs, { scorer: score, objectives, ties: flags.ties }))
              await write(null, pair);
          });
          progress.close();
          report({ written, skippedRows: skipped.count, ...scorer.counts }, flags.json, [
            `${scorer.counts.scored} texts scored, ${scorer.counts.cached} known`,
            ...(skipped.count > 0 ? [skippedLine(skipped)] : []),
          ]);
        } finally {
          progress.close();
          await scorer.dispose();
        }
      },
    );
}

function pairsCommand(context: CommandContext): Command {
  return configCommand("pairs", "make pairs from prompts alone: answer, score, pair", PairsConfig).action(
    async (flags: Record<string, unknown> & { json?: boolean }) => {
      const config = configOf(PairsConfig, flags);
      const progress = flags.json ? silentProgress : terminalProgress();
      try {
        let found: { prompts: number } | null = null;
        const written = await writeAll(config.output, async (write) => {
          found = await pairsFromModel(config, progress, context, (pair) => write(null, pair));
        });
        progress.close();
        if (found) report({ written, ...(found as { prompts: number }) }, flags.json, []);
      } finally {
        progress.close();
      }
    },
  );
}

type Write = (part: string | null, pair: PreferencePair) => Promise<void>;

/** Files appear when all of their lines are there. */
async function writeAll(
  output: string,
  work: (write: Write) => Promise<void>,
): Promise<{ path: string; lines: number }[]> {
  const files = partFiles(output);
  try {
    await work((part, pair) => files.write(part, pair));
    return await files.finish();
  } finally {
    await files.abandon();
  }
}

function report(
  result: { written: { path: string; lines: number }[] } & Record<string, unknown>,
  json: boolean | undefined,
  notes: readonly string[],
): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  for (const { path, lines } of result.written)
    process.stdout.write(`${lines.toLocaleString("en-US")} pairs in ${path}\n`);
  for (const note of notes) process.stdout.write(`${note}\n`);
}
