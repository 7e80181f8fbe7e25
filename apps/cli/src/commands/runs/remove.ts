import type { Command } from "commander";
import { answer, serverCommand, type ServerFlags } from "../server-command.ts";

export function removeCommand(): Command {
  return serverCommand("rm", "delete runs; for a week they can be restored: uniarm runs trash")
    .argument("<runs...>", "ids, or beginnings of them")
    .option("--dry-run", "only say what would be deleted")
    .action(async (ids: string[], flags: ServerFlags & { dryRun?: boolean }) => {
      await answer(
        flags,
        async (api) => {
          const plan = await api.runs.deletionOf.query({ ids });
          if (!flags.dryRun) await api.runs.delete.mutate({ ids });
          return { deleted: !flags.dryRun, ...plan };
        },
        ({ deleted, runs, checkpoints, artifacts, fronts, metricPoints, bytes }) =>
          `${deleted ? "deleted" : "would delete"}: ${runs} runs, ${checkpoints} checkpoints, ${artifacts} outputs, ${fronts} fronts, ${metricPoints} metric points; ${(bytes / 1e6).toFixed(1)} MB that nothing else refers to\n`,
      );
    });
}
