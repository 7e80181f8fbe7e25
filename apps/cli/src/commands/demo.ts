import { join } from "node:path";
import { Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { newDemoFolder } from "../demo/folder.ts";
import { demoOf } from "../demo/open.ts";
import { RealDemoConfig } from "../demo/real/config.ts";
import { runDemo } from "../demo/run.ts";
import { settingsFrom, storedSettings } from "../demo/settings.ts";
import { DemoConfig } from "../demo/tiny/config.ts";
import { EXIT } from "../exit-codes.ts";
import { readJsonFile, schemaOptions } from "../schema-options.ts";

interface Flags extends Record<string, unknown> {
  quick?: boolean;
  resume?: string;
  json?: boolean;
}

export function demoCommand({ signal, setExitCode }: CommandContext): Command {
  const command = new Command("demo")
    .description(
      "make data, train an ARM (autoregressive reward model), steer a language model with it, measure the Pareto front",
    )
    .option("--quick", "smallest settings that go through every stage; the figures mean nothing")
    .option("--resume <run>", "continue an interrupted demo folder, with the settings stored in it")
    .option("--json", "events and the report as JSON lines on standard output")
    .addOption(
      new Option(
        "--base <model>",
        "default, quick: tiny base model that ships with tiny-world; smollm2: a real one of 135 million parameters, about 100 MB that are fetched once",
      ).choices([...DemoConfig.shape.base.def.innerType.options, RealDemoConfig.shape.base.def.innerType.value]),
    );
  const tiny = schemaOptions(DemoConfig, ["base"]);
  const real = schemaOptions(RealDemoConfig, ["base"]);
  for (const option of tiny) command.addOption(option);
  for (const option of real) if (!tiny.some(({ long }) => long === option.long)) command.addOption(option);
  const lines = real.map(({ flags, description }) => `  ${flags}  ${description}`);
  command.addHelpText("after", `\nSettings with --base smollm2:\n${lines.join("\n")}`);
  return command.action(async (flags: Flags) => {
    const { resume } = flags;
    const config =
      resume === undefined
        ? settingsFrom(flags)
        : storedSettings(readJsonFile(join(resume, "config.json"), "settings of the demo"));
    const folder = resume ?? (await newDemoFolder(config));
    const done = await runDemo(demoOf(config), { folder, json: flags.json === true, signal });
    if (!done) setExitCode(EXIT.interrupted);
  });
}
