import type { Command } from "commander";
import { age, table, timeLeft } from "../../server/table.ts";
import { answer, serverCommand, type ServerFlags } from "../server-command.ts";

/** Deleted runs, and until when they can be brought back. */
export function trashCommand(): Command {
  return serverCommand("trash", "deleted runs that can be restored, and until when")
    .option("--project <name>", "only runs of this project")
    .action(async (flags: ServerFlags & { project?: string }) => {
      await answer(
        flags,
        (api) => api.runs.trash.query(flags.project ? { project: flags.project } : {}),
        ({ runs }) =>
          runs.length === 0
            ? "The trash is empty.\n"
            : table(
                ["run", "kind", "name", "runs inside", "deleted", "goes for good"],
                runs.map(({ id, kind, name, inside, deletedAt, purgedAfter }) => [
                  id,
                  kind,
                  name,
                  inside,
                  age(deletedAt),
                  timeLeft(purgedAfter),
                ]),
              ) + "bring one back: uniarm runs restore RUN\n",
      );
    });
}

export function restoreRunsCommand(): Command {
  return serverCommand("restore", "bring deleted runs back, with everything inside of them")
    .argument("<runs...>", "ids, or beginnings of them")
    .action(async (ids: string[], flags: ServerFlags) => {
      await answer(
        flags,
        (api) => api.runs.restore.mutate({ ids }),
        ({ ids: restored }) => restored.map((id) => `${id}\n`).join(""),
      );
    });
}
