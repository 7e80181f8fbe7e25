import { extendCheckpoint } from "@uniarm/core";
import { Objective, UniArmError } from "@uniarm/core/schema";
import { Command } from "commander";
import { parseConfig } from "../../schema-options.ts";

interface ExtendFlags {
  objective: Objective[];
  output: string;
  model?: string;
  json?: boolean;
}

export function extendCommand(): Command {
  return new Command("extend")
    .description("add objectives to a checkpoint by their descriptions alone, without training (UniARM's adapter)")
    .argument("<checkpoint>", "checkpoint or run folder")
    .requiredOption(
      "--objective <name=description>",
      "an objective to add behind the others; several flags add several",
      (text: string, before: Objective[] | undefined) => [...(before ?? []), objectiveOf(text)],
    )
    .requiredOption("--output <folder>", "checkpoint folder to write")
    .option("--model <folder>", "base model folder; default: where the checkpoint was trained")
    .option("--json", "what was written as JSON on standard output")
    .action(async (checkpoint: string, { objective: added, output, model, json }: ExtendFlags) => {
      const objectives = (await extendCheckpoint({ checkpoint, added, output, model })).map(({ name }) => name);
      const names = added.map(({ name }) => name).join(", ");
      const text = json
        ? JSON.stringify({ folder: output, objectives })
        : `a checkpoint for [${objectives.join(", ")}] in ${output}\nNo training has seen ${names}: measure what it makes of it before it is used.`;
      process.stdout.write(`${text}\n`);
    });
}

function objectiveOf(text: string): Objective {
  const at = text.indexOf("=");
  if (at > 0) return parseConfig(Objective, { name: text.slice(0, at), description: text.slice(at + 1) });
  throw new UniArmError(
    "objective-invalid",
    `"${text}" is no objective: expected its name and what it asks for, as --objective "humorous=Tell a joke."`,
  );
}
