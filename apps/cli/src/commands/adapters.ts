import { Command, Option } from "commander";
import {
  exportPeft,
  exportWeights,
  loadCheckpoint,
  type Adapter,
  type Checkpoint,
  type WeightsDtype,
} from "@uniarm/core";
import {
  hasArmPerObjective,
  ObjectiveList,
  PreferenceVector,
  PromptFormatName,
  UniArmError,
} from "@uniarm/core/schema";
import { importAdapters } from "../adapters/import.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { parseConfig, readJsonFile } from "../schema-options.ts";
import type { CommandContext } from "../program.ts";

export function adaptersCommand(_context: CommandContext): Command {
  return new Command("adapters")
    .description("take adapters that others trained; give ours to others")
    .addCommand(importCommand())
    .addCommand(exportCommand());
}

interface ImportFlags {
  model: string;
  output: string;
  objectives: string;
  promptFormat: PromptFormatName;
  json?: boolean;
}

function importCommand(): Command {
  return new Command("import")
    .description("make a checkpoint of PARM's PBLoRA, or of a PEFT LoRA for each objective (GenARM)")
    .argument(
      "<folders...>",
      "adapter_config.json and adapter_model.safetensors; one for all objectives or one each, in order",
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
    .option("--json", "what was written as JSON on standard output")
    .action(async (folders: string[], flags: ImportFlags) => {
      const objectives = parseConfig(ObjectiveList, jsonOf(flags.objectives, "objectives"));
      const { method, folder } = await importAdapters({ ...flags, folders, objectives });
      const names = objectives.map(({ name }) => name).join(", ");
      const text = flags.json
        ? JSON.stringify({ method, folder, objectives: objectives.map(({ name }) => name) })
        : `a ${method} checkpoint for [${names}] in ${folder}\nIts preference is not stored: give it to decode with --preferences or --grid.`;
      process.stdout.write(`${text}\n`);
    });
}

interface ExportFlags {
  as: "peft" | "weights";
  output: string;
  preference?: string;
  objective?: string;
  model?: string;
  dtype?: WeightsDtype;
  shardSize: string;
  json?: boolean;
}

function exportCommand(): Command {
  return new Command("export")
    .description("merge a checkpoint at a preference: as PEFT's LoRA, or into the base model's weights")
    .argument("<checkpoint>", "checkpoint or run folder")
    .addOption(new Option("--as <form>", "what to write").choices(["peft", "weights"]).makeOptionMandatory())
    .requiredOption("--output <folder>", "folder to write")
    .option("--preference <vector>", "0.3,0.7 in the order of the checkpoint's objectives; not for genarm")
    .option("--objective <name>", "genarm: which of its reward models")
    .option("--model <folder>", "base model folder; default: where the checkpoint was trained")
    .addOption(
      new Option("--dtype <type>", "of the weights; default: as the base model stores them").choices([
        "float32",
        "float16",
        "bfloat16",
      ]),
    )
    .option("--shard-size <size>", "most bytes of a weights file, as 5GB or 500MB", "5GB")
    .option("--json", "what was written as JSON on standard output")
    .action(async (checkpointFolder: string, flags: ExportFlags) => {
      const shardBytes = bytesOf(flags.shardSize);
      const checkpoint = await loadCheckpoint(checkpointFolder);
      try {
        const { adapter, preference } = chosen(checkpoint, flags);
        const model = flags.model ?? checkpoint.manifest.baseModel.folder;
        const text =
          flags.as === "peft"
            ? await writePeft(flags, adapter, preference, model)
            : await writeWeights(flags, adapter, preference, model, shardBytes);
        process.stdout.write(`${text}\n`);
      } finally {
        for (const arm of checkpoint.arms) arm.dispose();
      }
    });
}

/** The adapter and the preference that are meant. @throws UniArmError preference-needed, objective-needed */
function chosen({ manifest, arms }: Checkpoint, flags: ExportFlags): { adapter: Adapter; preference: number[] } {
  const names = manifest.objectives.map(({ name }) => name);
  if (hasArmPerObjective(manifest.method)) {
    const arm = arms[names.indexOf(flags.objective ?? "")];
    if (arm && flags.preference === undefined) return { adapter: arm, preference: [] };
    throw new UniArmError(
      "objective-needed",
      `A ${manifest.method} checkpoint has an ARM for each objective and merges at no preference. Name one of them: --objective ${names.join(" or --objective ")}.`,
    );
  }
  if (flags.preference === undefined || flags.objective !== undefined) {
    throw new UniArmError(
      "preference-needed",
      `A ${manifest.method} checkpoint is merged at one preference, in the order [${names.join(", ")}]: --preference ${names.map(() => (1 / names.length).toFixed(2)).join(",")}.`,
    );
  }
  const preference = parseConfig(PreferenceVector, flags.preference.split(",").map(Number));
  return { adapter: arms[0]!, preference: [...preference] };
}

async function writePeft(flags: ExportFlags, adapter: Adapter, preference: number[], model: string): Promise<string> {
  const { rank, bias } = await exportPeft(flags.output, adapter, preference, model);
  if (flags.json) return JSON.stringify({ folder: flags.output, rank, bias });
  const more = bias ? " with a bias (lora_bias: PEFT 0.14 and later)" : "";
  return `a PEFT LoRA of rank ${rank}${more} in ${flags.output}`;
}

async function writeWeights(
  flags: ExportFlags,
  adapter: Adapter,
  preference: number[],
  model: string,
  shardBytes: number,
): Promise<string> {
  const progress = flags.json ? silentProgress : terminalProgress();
  const { files, bytes } = await exportWeights(flags.output, model, adapter, preference, {
    dtype: flags.dtype,
    shardBytes,
    onProgress: (done, total) => {
      progress.update("merge", done, total, "tensors");
    },
  });
  progress.close();
  if (flags.json) return JSON.stringify({ folder: flags.output, files, bytes });
  return `${(bytes / 1e6).toFixed(1)} MB of weights in ${files.length} ${files.length === 1 ? "file" : "files"} in ${flags.output}`;
}

function bytesOf(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(KB|MB|GB)$/i.exec(text) ?? [];
  if (number !== undefined)
    return Number(number) * { KB: 1e3, MB: 1e6, GB: 1e9 }[unit!.toUpperCase() as "KB" | "MB" | "GB"];
  throw new UniArmError(
    "size-invalid",
    `${JSON.stringify(text)} is not a size: expected a number and KB, MB or GB, as 5GB.`,
  );
}

function jsonOf(text: string, what: string): unknown {
  if (text.startsWith("@")) return readJsonFile(text.slice(1), what);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new UniArmError("json-invalid", `The ${what} are not JSON: ${(cause as Error).message}.`, { cause });
  }
}
