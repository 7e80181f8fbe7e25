import { Option, type Command } from "commander";
import { writeFileAtomically } from "@uniarm/core";
import {
  EvaluationConfig,
  SamplingConfig,
  UniArmError,
  type EvaluationReport,
  type Generation,
} from "@uniarm/core/schema";
import {
  evaluate,
  formatFluency,
  formatKl,
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
import { jsonOf, parseConfig } from "../schema-options.ts";
import { configCommand, configOf } from "./config-command.ts";

interface AnswerFlags {
  scores: string;
  generations?: string[];
  sampling?: string;
  baseScores?: string;
  baseGenerations?: string[];
}

export function evaluateCommand(context: CommandContext): Command {
  return configCommand("evaluate", "Pareto front, hypervolume and mean inner product of scores", EvaluationConfig)
    .requiredOption("--scores <file>", "JSONL of scores, as `score --output` writes it")
    .option("--generations <file...>", "the answers that the scores are of: their fluency beside the front")
    .option(
      "--sampling <json>",
      "settings of sampling that those answers were decoded with, or @file.json: where they were drawn as they are ('{\"temperature\": 1}'), KL from the base beside the front",
    )
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
        const kl = formatKl(report);
        if (kl !== null) process.stdout.write(`\n${kl}`);
        if (report.metrics) process.stdout.write(`\n${formatMetrics(report.metrics)}`);
      },
    );
}

function protocolOf(name: string): Record<string, unknown> {
  const count = Number(name.at(-1)) as TinyWorldObjectiveCount;
  return { objectives: tinyWorldObjectives(count), ...tinyWorldProtocol(count) };
}

/** What stands beside the scores. */
async function answersOf({
  generations,
  sampling,
  baseScores,
  baseGenerations,
}: AnswerFlags): Promise<EvaluateOptions> {
  if (baseGenerations && baseScores === undefined)
    throw new UniArmError(
      "base-scores-missing",
      "--base-generations are the answers that --base-scores are of: name those scores, too.",
    );
  if (sampling !== undefined && !generations)
    throw new UniArmError(
      "sampling-without-effect",
      "--sampling says how the answers were drawn, and none are given: name them with --generations.",
    );
  const base = baseScores !== undefined && {
    scores: await readScores(baseScores),
    generations: baseGenerations && (await readAll(baseGenerations)),
  };
  return {
    generations: generations && (await readAll(generations)),
    sampling: sampling === undefined ? undefined : parseConfig(SamplingConfig, jsonOf(sampling, "sampling")),
    base: base || undefined,
  };
}

const readAll = async (paths: readonly string[]): Promise<Generation[]> =>
  (await Promise.all(paths.map(readGenerations))).flat();
