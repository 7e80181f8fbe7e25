import type { Command } from "commander";
import { DecodingConfig, preferenceGrid } from "@uniarm/core/schema";
import { readManifest } from "@uniarm/core";
import { decode } from "@uniarm/decoder";
import type { CommandContext } from "../command-context.ts";
import { configCommand, configOf, runEvents } from "./config-command.ts";
import { mergeCommand } from "./decode/merge.ts";
import { parseShard } from "./decode/shard.ts";

type Flags = { armOnly?: boolean; grid?: string; shard?: string; checkpoint?: string; json?: boolean } & Record<
  string,
  unknown
>;

export function decodeCommand(context: CommandContext): Command {
  return configCommand("decode", "answer prompts under preference vectors", DecodingConfig)
    .option("--grid <divisions>", "all preference vectors with steps of 1/divisions, instead of --preferences")
    .option("--arm-only", "the ARM answers alone, without the base model: what training taught it")
    .option("--shard <part/parts>", "decode one of so many parts of the prompts, 1/4 to 4/4; `decode merge` joins them")
    .enablePositionalOptions() // --output after merge is merge's own
    .addCommand(mergeCommand())
    .action(async (flags: Flags) => {
      const shard = flags.shard === undefined ? undefined : parseShard(flags.shard);
      const grid =
        flags.grid !== undefined && flags.checkpoint !== undefined
          ? {
              preferences: preferenceGrid((await readManifest(flags.checkpoint)).objectives.length, Number(flags.grid)),
            }
          : {};
      const config = configOf(DecodingConfig, flags, {
        ...grid,
        ...(flags.armOnly ? { fusion: { rule: "arm" } } : {}),
      });
      const json = flags.json === true;
      await runEvents(
        () => decode(config, { signal: context.signal, shard }),
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
