import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { commandGroup } from "./command-group.ts";
import { convertCommand } from "./data/convert.ts";
import { pairsCommand } from "./data/pairs.ts";
import { relabelCommand } from "./data/relabel.ts";
import { statsCommand } from "./data/stats.ts";

export function dataCommand(context: CommandContext): Command {
  return commandGroup("data", "inspect preference datasets; convert, split, relabel and make them", [
    statsCommand(),
    convertCommand(),
    relabelCommand(context),
    pairsCommand(context),
  ]);
}
