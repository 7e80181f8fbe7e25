import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { commandGroup } from "./command-group.ts";
import { cloneCommand } from "./runs/clone.ts";
import { controlCommands } from "./runs/control.ts";
import { diffCommand } from "./runs/diff.ts";
import { exportCommand } from "./runs/export.ts";
import { importCommand } from "./runs/import.ts";
import { importanceCommand } from "./runs/importance.ts";
import { listCommand } from "./runs/list.ts";
import { logsCommand } from "./runs/logs.ts";
import { removeCommand } from "./runs/remove.ts";
import { restoreRunsCommand, trashCommand } from "./runs/trash.ts";
import { showCommand } from "./runs/show.ts";

/** Runs of a server: list, watch, stop, compare, export and delete them. */
export function runsCommand(context: CommandContext): Command {
  return commandGroup(
    "runs",
    "runs of a server: list, show, logs, cancel, resume, retry, clone, diff, importance, export, import, rm, trash, restore",
    [
      listCommand(),
      showCommand(),
      logsCommand(context),
      ...controlCommands(),
      cloneCommand(),
      diffCommand(),
      importanceCommand(),
      exportCommand(),
      importCommand(),
      removeCommand(),
      trashCommand(),
      restoreRunsCommand(),
    ],
  );
}
