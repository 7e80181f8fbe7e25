import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { exportCommand } from "./adapters/export.ts";
import { extendCommand } from "./adapters/extend.ts";
import { importCommand } from "./adapters/import.ts";
import { commandGroup } from "./command-group.ts";

export function adaptersCommand(_context: CommandContext): Command {
  return commandGroup(
    "adapters",
    "import adapters that other programs trained; export ours for other programs; add objectives to ours",
    [importCommand(), exportCommand(), extendCommand()],
  );
}
