import { join } from "node:path";
import type { Command } from "commander";
import { explore } from "@uniarm/pipeline";
import { TrainingRun } from "@uniarm/pipeline/schema";
import { train } from "@uniarm/trainer";
import type { CommandContext } from "../command-context.ts";
import { applyOptions, parseConfig, readJsonFile } from "../schema-options.ts";
import { configCommand, configOf, runEvents } from "./config-command.ts";

type Flags = { resume?: string; skipNotFinite?: string; json?: boolean } & Record<string, unknown>;

export function trainCommand(context: CommandContext): Command {
  return configCommand(
    "train",
    "train an ARM on preference pairs, with --rounds also on answers of its own",
    TrainingRun,
  )
    .option(
      "--resume <run>",
      "continue an interrupted run folder with the settings stored in it; --skip-not-finite may be given anew",
    )
    .action(async (flags: Flags) => {
      const resume = flags.resume !== undefined;
      const config = resume ? storedConfig(flags.resume ?? "", flags) : configOf(TrainingRun, flags);
      const { exploration, ...training } = config;
      const options = { signal: context.signal, resume };
      await runEvents(
        () => (exploration ? explore({ ...training, exploration }, options) : train(training, options)),
        flags.json === true,
        context,
      );
    });
}

/** The settings of a run's folder, wherever it lies now; what is tolerated from here on may be said anew. */
function storedConfig(run: string, { skipNotFinite }: Flags): TrainingRun {
  const stored = readJsonFile(join(run, "config.json"), "settings of the run") as Record<string, unknown>;
  const config = applyOptions(TrainingRun, stored, { skipNotFinite });
  config.output = run;
  return parseConfig(TrainingRun, config);
}
