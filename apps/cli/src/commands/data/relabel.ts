import { ScorersConfig, SCORES_EACH_ONCE, scoresEachOnce } from "@uniarm/core/schema";
import { relabel } from "@uniarm/data";
import { openScorers } from "@uniarm/eval";
import { Command, Option } from "commander";
import { z } from "zod";
import type { CommandContext } from "../../command-context.ts";
import { noneSkipped, pairsOf, skippedLine } from "../../data/read.ts";
import { reportWritten } from "../../data/report-written.ts";
import { writePairs } from "../../data/write-pairs.ts";
import { silentProgress, terminalProgress } from "../../progress.ts";
import { parseConfig, readJsonFile } from "../../schema-options.ts";
import { FILE_HELP, formatOption, type FormatFlag } from "./options.ts";

const RelabelConfig = z.object(ScorersConfig.shape).refine(scoresEachOnce, SCORES_EACH_ONCE);

interface RelabelFlags {
  output: string;
  config: string;
  format?: FormatFlag;
  ties: "tie" | "second";
  cache?: string;
  json?: boolean;
}

export function relabelCommand({ signal }: CommandContext): Command {
  return new Command("relabel")
    .description("score both responses with reward models or programs and let the scores decide who wins")
    .argument("<file>", FILE_HELP)
    .requiredOption("--output <file>", "JSONL to write")
    .requiredOption("--config <file>", 'JSON with "rewardModels" or "programs", as `uniarm score` takes them')
    .addOption(formatOption())
    .addOption(
      new Option("--ties <rule>", "who wins equal scores: tie, or second as in PARM's data")
        .choices(["tie", "second"])
        .default("tie"),
    )
    .option("--cache <file>", "scores by model and text; default: OUTPUT.cache")
    .option("--json", "what was written as JSON on standard output")
    .action(async (file: string, flags: RelabelFlags) => {
      const scorers = parseConfig(RelabelConfig, readJsonFile(flags.config, "config file"));
      const skipped = noneSkipped();
      const progress = flags.json ? silentProgress : terminalProgress();
      const scorer = await openScorers(scorers, { cache: flags.cache ?? `${flags.output}.cache`, signal });
      try {
        const { objectives, score } = scorer;
        const pairs = pairsOf(file, flags.format, progress, skipped);
        const written = await writePairs(flags.output, async (write) => {
          for await (const pair of relabel(pairs, { scorer: score, objectives, ties: flags.ties }))
            await write(null, pair);
        });
        progress.close();
        reportWritten({ written, skippedRows: skipped.count, ...scorer.counts }, flags.json, [
          `${scorer.counts.scored} texts scored, ${scorer.counts.cached} known`,
          ...(skipped.count > 0 ? [skippedLine(skipped)] : []),
        ]);
      } finally {
        progress.close();
        await scorer.dispose();
      }
    });
}
