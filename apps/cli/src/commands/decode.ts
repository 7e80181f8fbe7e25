import type { Command } from "commander";
import { DecodingConfig, preferenceGrid } from "@uniarm/core/schema";
import { readManifest } from "@uniarm/core";
import { decode } from "@uniarm/decoder";
import type { CommandContext } from "../command-context.ts";
import { configCommand, configOf, runEvents } from "./config-command.ts";

export function decodeCommand(context: CommandContext): Command {
  return configCommand("decode", "answer prompts under preference vectors", DecodingConfig)
    .option("--grid <divisions>", "all preference vectors with steps of 1/divisions, instead of --preferences")
    .action(async (flags: { grid?: string; checkpoint?: string; json?: boolean } & Record<string, unknown>) => {
      const grid =
        flags.grid !== undefined && flags.checkpoint !== undefined
          ? {
              preferences: preferenceGrid((await readManifest(flags.checkpoint)).objectives.length, Number(flags.grid)),
            }
          : {};
      const config = configOf(DecodingConfig, flags, grid);
      const json = flags.json === true;
      await runEvents(
        () => decode(config, { signal: context.signal }),
        json,
        context,
        (event) => {
          if (event.type !== "generation" || json || config.output !== undefined) return;
          const { preference, prompt, text } = event.generation;
          process.stdout.write(`[${preference?.join(", ") ?? "base"}] ${prompt}\n  ${text}\n`);
        },
      );
    });
}
