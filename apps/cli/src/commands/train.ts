import { join } from "node:path";
import type { Command } from "commander";
import { TrainingConfig } from "@uniarm/core/schema";
import { train } from "@uniarm/trainer";
import type { CommandContext } from "../command-context.ts";
import { parseConfig, readJsonFile } from "../schema-options.ts";
import { configCommand, configOf, runEvents } from "./config-command.ts";

export function trainCommand(context: CommandContext): Command {
  return configCommand("train", "train an ARM on preference pairs", TrainingConfig)
    .option("--resume <run>", "continue an interrupted run folder with the settings stored in it")
    .action(async (flags: { resume?: string; json?: boolean } & Record<string, unknown>) => {
      const resume = flags.resume !== undefined;
      const config = resume
        ? parseConfig(TrainingConfig, {
            ...(readJsonFile(join(flags.resume ?? "", "config.json"), "settings of the run") as object),
            output: flags.resume,
          })
        : configOf(TrainingConfig, flags);
      await runEvents(() => train(config, { signal: context.signal, resume }), flags.json === true, context);
    });
}
