import { UniArmError } from "@uniarm/core/schema";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.ts";
import { notesOn, pairsFromModel, PairsConfig, type AnswerCounts } from "../../data/pairs-from-model.ts";
import { reportWritten } from "../../data/report-written.ts";
import { writePairs } from "../../data/write-pairs.ts";
import { silentProgress, terminalProgress } from "../../progress.ts";
import { configCommand, configOf } from "../config-command.ts";

export function pairsCommand(context: CommandContext): Command {
  return configCommand("pairs", "make pairs from prompts alone: answer, score, pair", PairsConfig).action(
    async (flags: Record<string, unknown> & { json?: boolean }) => {
      const config = configOf(PairsConfig, flags);
      const progress = flags.json ? silentProgress : terminalProgress();
      try {
        let found = null as AnswerCounts | null;
        const written = await writePairs(config.output, async (write) => {
          let pairs = 0;
          found = await pairsFromModel(config, progress, context, async (pair) => {
            pairs += 1;
            await write(null, pair);
          });
          if (found === null || pairs > 0) return;
          throw new UniArmError(
            "data-no-pairs",
            "No prompt got two different answers, so there is no pair. Raise --temperature, --samples-per-prompt or --max-new-tokens.",
          );
        });
        progress.close();
        if (found) reportWritten({ written, ...found }, flags.json, notesOn(found));
      } finally {
        progress.close();
      }
    },
  );
}
