import { Command } from "commander";
import { examine } from "../doctor/examine.ts";
import { printed } from "../doctor/print.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommandContext } from "../command-context.ts";

export function doctorCommand({ setExitCode }: CommandContext): Command {
  return new Command("doctor")
    .description("what this machine has (engines, Node, Postgres, disk, memory) and how to get what is missing")
    .option("--json", "the report as JSON on standard output")
    .action(async (flags: { json?: boolean }) => {
      const report = await examine();
      process.stdout.write(`${flags.json ? JSON.stringify(report) : printed(report)}\n`);
      if (report.engine === null) setExitCode(EXIT.badInput);
    });
}
