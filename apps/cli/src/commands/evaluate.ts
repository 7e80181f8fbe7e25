import { Option, type Command } from "commander";
import { writeFileAtomically } from "@uniarm/core";
import { EvaluationConfig, type EvaluationReport } from "@uniarm/core/schema";
import { evaluate, formatMetrics, formatReport, readScores } from "@uniarm/eval";
import { tinyWorldObjectives, tinyWorldProtocol, type TinyWorldObjectiveCount } from "@uniarm/tiny-world";
import { consume } from "../consume.ts";
import type { CommandContext } from "../command-context.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { configCommand, configOf } from "./config-command.ts";

export function evaluateCommand(context: CommandContext): Command {
  return configCommand("evaluate", "Pareto front, hypervolume and mean inner product of scores", EvaluationConfig)
    .requiredOption("--scores <file>", "JSONL of scores, as `score --output` writes it")
    .addOption(
      new Option("--protocol <name>", "frozen objectives, normaliser and reference point").choices([
        "tiny-world-2",
        "tiny-world-3",
      ]),
    )
    .option("--report <file>", "write the report as JSON")
    .action(
      async (
        flags: { scores: string; protocol?: string; report?: string; json?: boolean } & Record<string, unknown>,
      ) => {
        const config = configOf(
          EvaluationConfig,
          flags,
          flags.protocol === undefined ? {} : protocolOf(flags.protocol),
        );
        const json = flags.json === true;
        let report: EvaluationReport | undefined;
        await consume(evaluate(config, await readScores(flags.scores), { signal: context.signal }), {
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
        if (report.metrics) process.stdout.write(`\n${formatMetrics(report.metrics)}`);
      },
    );
}

function protocolOf(name: string): Record<string, unknown> {
  const count = Number(name.at(-1)) as TinyWorldObjectiveCount;
  return { objectives: tinyWorldObjectives(count), ...tinyWorldProtocol(count) };
}
