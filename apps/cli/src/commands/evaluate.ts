import { Option, type Command } from "commander";
import { writeFileAtomically } from "@uniarm/core";
import { EvaluationConfig, UniArmError, type EvaluationReport, type Generation } from "@uniarm/core/schema";
import {
  evaluate,
  formatFluency,
  formatMetrics,
  formatReport,
  readGenerations,
  readScores,
  type EvaluateOptions,
} from "@uniarm/eval";
import { tinyWorldObjectives, tinyWorldProtocol, type TinyWorldObjectiveCount } from "@uniarm/tiny-world";
import { consume } from "../consume.ts";
import type { CommandContext } from "../command-context.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { configCommand, configOf } from "./config-command.ts";

interface AnswerFlags {
  scores: string;
  generations?: string[];
  baseScores?: string;
  baseGenerations?: string[];
}

export function evaluateCommand(context: CommandContext): Command {
  return configCommand("evaluate", "Pareto front, hypervolume and mean inner product of scores", EvaluationConfig)
    .requiredOption("--scores <file>", "JSONL of scores, as `score --output` writes it")
    .option("--generations <file...>", "the answers that the scores are of: their fluency beside the front")
    .option("--base-scores <file>", "scores of the base model alone: its row beside the front")
    .option("--base-generations <file...>", "the answers that --base-scores are of")
    .addOption(
      new Option("--protocol <name>", "frozen objectives, normaliser and reference point").choices([
        "tiny-world-2",
        "tiny-world-3",
      ]),
    )
    .option("--report <file>", "write the report as JSON")
    .action(
      async (flags: AnswerFlags & { protocol?: string; report?: string; json?: boolean } & Record<string, unknown>) => {
        const config = configOf(
          EvaluationConfig,
          flags,
          flags.protocol === undefined ? {} : protocolOf(flags.protocol),
        );
        const json = flags.json === true;
        let report: EvaluationReport | undefined;
        const answers = await answersOf(flags);
        await consume(evaluate(config, await readScores(flags.scores), { signal: context.signal, ...answers }), {
          progress: json ? silentProgress : terminalProgress(),
          json,
          onEvent: (event) => {
            if (event.type === "report") report = event.report;
          },
        });
        if (!report) return;
        if (flags.report !== undefined) await writeFileAtomically(flags.report, `${JSON.stringify(report, null, 2)}\n`);
        if (json) return;
        process.stdout.write(formatReport(report));
        const fluency = formatFluency(report);
        if (fluency !== null) process.stdout.write(`\n${fluency}`);
        if (report.metrics) process.stdout.write(`\n${formatMetrics(report.metrics)}`);
      },
    );
}

function protocolOf(name: string): Record<string, unknown> {
  const count = Number(name.at(-1)) as TinyWorldObjectiveCount;
  return { objectives: tinyWorldObjectives(count), ...tinyWorldProtocol(count) };
}

/** What stands beside the scores. */
async function answersOf({ generations, baseScores, baseGenerations }: AnswerFlags): Promise<EvaluateOptions> {
  if (baseGenerations && baseScores === undefined)
    throw new UniArmError(
      "base-scores-missing",
      "--base-generations are the answers that --base-scores are of: name those scores, too.",
    );
  const base = baseScores !== undefined && {
    scores: await readScores(baseScores),
    generations: baseGenerations && (await readAll(baseGenerations)),
  };
  return { generations: generations && (await readAll(generations)), base: base || undefined };
}

const readAll = async (paths: readonly string[]): Promise<Generation[]> =>
  (await Promise.all(paths.map(readGenerations))).flat();
