import { ObjectiveList, PromptFormatName, TemplateVars, UniArmError } from "@uniarm/core/schema";
import { Command, Option } from "commander";
import { importAdapters } from "../../adapters/import.ts";
import { parseConfig, readJsonFile } from "../../schema-options.ts";

interface ImportFlags {
  model: string;
  output: string;
  objectives: string;
  promptFormat: PromptFormatName;
  templateVars: string;
  json?: boolean;
}

export function importCommand(): Command {
  return new Command("import")
    .description("make a checkpoint of PARM's PBLoRA, or of a PEFT LoRA for each objective (GenARM)")
    .argument(
      "<folders...>",
      "adapter_config.json and adapter_model.safetensors, or a model that an adapter was merged into; one for all objectives or one each, in order",
    )
    .requiredOption("--model <folder>", "the base model that the adapter was trained on")
    .requiredOption("--output <folder>", "checkpoint folder to write")
    .requiredOption(
      "--objectives <json>",
      "list of {name, description} in the order of the preference vector, or @file.json; PARM's releases have [safe, help]",
    )
    .addOption(
      new Option("--prompt-format <name>", "how prompts were written out in its training")
        .choices(PromptFormatName.unwrap().options)
        .default("auto"),
    )
    .option("--template-vars <json>", "variables of the chat template in its training, or @file.json", "{}")
    .option("--json", "what was written as JSON on standard output")
    .action(async (folders: string[], flags: ImportFlags) => {
      const objectives = parseConfig(ObjectiveList, jsonOf(flags.objectives, "objectives"));
      const templateVars = parseConfig(TemplateVars, jsonOf(flags.templateVars, "template variables"));
      const onNotice = (text: string): void => void process.stderr.write(`${text}\n`);
      const { method, folder } = await importAdapters({ ...flags, folders, objectives, templateVars, onNotice });
      const names = objectives.map(({ name }) => name);
      const text = flags.json
        ? JSON.stringify({ method, folder, objectives: names })
        : `a ${method} checkpoint for [${names.join(", ")}] in ${folder}\nIts preference is not stored: give it to decode with --preferences or --grid.`;
      process.stdout.write(`${text}\n`);
    });
}

function jsonOf(text: string, what: string): unknown {
  if (text.startsWith("@")) return readJsonFile(text.slice(1), what);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new UniArmError("json-invalid", `The ${what} are not JSON: ${(cause as Error).message}.`, { cause });
  }
}
