import type { Command } from "commander";
import { PretrainingConfig } from "@uniarm/core/schema";
import { pretrain } from "@uniarm/trainer";
import type { CommandContext } from "../command-context.ts";
import { configCommand, configOf, runEvents } from "./config-command.ts";

export function pretrainCommand(context: CommandContext): Command {
  return configCommand("pretrain", "train all weights of a tiny base model on texts", PretrainingConfig).action(
    async (flags: { json?: boolean } & Record<string, unknown>) => {
      const config = configOf(PretrainingConfig, flags);
      await runEvents(() => pretrain(config, { signal: context.signal }), flags.json === true, context);
    },
  );
}
