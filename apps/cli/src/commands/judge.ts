import type { Command } from "commander";
import { JudgingConfig, type JudgeReport } from "@uniarm/core/schema";
import { formatJudgeReport } from "@uniarm/eval";
import { judgeFiles } from "@uniarm/pipeline";
import { consume, type ShownEvent } from "../consume.ts";
import type { CommandContext } from "../command-context.ts";
import { EXIT } from "../exit-codes.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { configCommand, configOf } from "./config-command.ts";

export function judgeCommand({ signal, setExitCode }: CommandContext): Command {
  return configCommand("judge", "win rates against an opponent's answers by a language model", JudgingConfig).action(
    async (flags: { json?: boolean } & Record<string, unknown>) => {
      const config = configOf(JudgingConfig, flags);
      const json = flags.json === true;
      let report: JudgeReport | null = null;
      const events = async function* (): AsyncGenerator<ShownEvent> {
        report = yield* judgeFiles(config, { signal, environment: process.env });
      };
      await consume(events(), { progress: json ? silentProgress : terminalProgress(), json });
      if (!report) setExitCode(EXIT.interrupted);
      else if (json) process.stdout.write(`${JSON.stringify({ type: "judged", report })}\n`);
      else
        process.stdout.write(`${formatJudgeReport(report)}Verdicts in ${config.output}, report in ${config.report}.\n`);
    },
  );
}
