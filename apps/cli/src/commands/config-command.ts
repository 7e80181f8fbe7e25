import { Command } from "commander";
import type { z } from "zod";
import { consume, type ShownEvent } from "../consume.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommandContext } from "../command-context.ts";
import { openEngineOnScreen } from "../open-engine.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { applyOptions, parseConfig, readJsonFile, schemaOptions } from "../schema-options.ts";

/** A command whose settings are one schema: a config file, a flag for every key, the events on the terminal or as JSON lines. */
export function configCommand(
  name: string,
  description: string,
  schema: z.ZodType,
  config = "settings as a JSON file; flags override it",
): Command {
  const command = new Command(name)
    .description(description)
    .option("--config <file>", config)
    .option("--json", "events as JSON lines on standard output");
  for (const option of schemaOptions(schema)) command.addOption(option);
  return command;
}

/** The parsed config of a configCommand's flags, with `extra` laid under them. */
export function configOf<T>(
  schema: z.ZodType<T>,
  flags: Record<string, unknown>,
  extra: Record<string, unknown> = {},
): T {
  return parseConfig(schema, valuesOf(schema, flags, extra));
}

/** The same before it is parsed. */
export function valuesOf(
  schema: z.ZodType,
  flags: Record<string, unknown>,
  extra: Record<string, unknown> = {},
): Record<string, unknown> {
  const file = typeof flags.config === "string" ? readJsonFile(flags.config, "config file") : {};
  return applyOptions(schema, { ...extra, ...(file as Record<string, unknown>) }, flags);
}

/** Opens the engine, runs the events to their end, sets the exit code. */
export async function runEvents(
  events: () => AsyncIterable<ShownEvent>,
  json: boolean,
  context: CommandContext,
  onEvent?: (event: ShownEvent) => void,
): Promise<ShownEvent | null> {
  const progress = json ? silentProgress : terminalProgress();
  await openEngineOnScreen(progress);
  const last = await consume(events(), { progress, json, ...(onEvent ? { onEvent } : {}) });
  if (last?.type === "finished" && !json) process.stdout.write(`${last.message}\n`);
  if (last?.type === "stopped" || context.signal.aborted) context.setExitCode(EXIT.interrupted);
  return last;
}
