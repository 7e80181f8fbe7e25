import { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { DemoConfig, QUICK_DEMO } from "../demo/config.ts";
import { runDemo } from "../demo/run.ts";
import { applyOptions, parseConfig, schemaOptions } from "../schema-options.ts";
import { EXIT } from "../exit-codes.ts";

export function demoCommand(context: CommandContext): Command {
  const command = new Command("demo")
    .description(
      "make data, train an ARM (autoregressive reward model), steer a tiny language model with it, measure the Pareto front",
    )
    .option("--quick", "smallest settings that go through every stage; the figures mean nothing")
    .option("--resume <run>", "continue an interrupted demo folder, with the settings stored in it")
    .option("--json", "events and the report as JSON lines on standard output");
  for (const option of schemaOptions(DemoConfig)) command.addOption(option);
  return command.action(
    async (flags: { quick?: boolean; resume?: string; json?: boolean } & Record<string, unknown>) => {
      const config = parseConfig(DemoConfig, applyOptions(DemoConfig, flags.quick ? QUICK_DEMO : {}, flags));
      const done = await runDemo(config, { resume: flags.resume, json: flags.json === true, signal: context.signal });
      if (!done) context.setExitCode(EXIT.interrupted);
    },
  );
}
