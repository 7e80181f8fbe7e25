import {
  assertSameBase,
  exportPeft,
  exportWeights,
  hashModel,
  loadCheckpoint,
  type Adapter,
  type WeightsDtype,
} from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { Command, Option } from "commander";
import { armToExport } from "../../adapters/arm-to-export.ts";
import { silentProgress, terminalProgress } from "../../progress.ts";

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

export function exportCommand(): Command {
  return new Command("export")
    .description("merge a checkpoint at a preference: as PEFT's LoRA, or into the base model's weights")
    .argument("<checkpoint>", "checkpoint or run folder")
    .addOption(new Option("--as <form>", "what to write").choices(["peft", "weights"]).makeOptionMandatory())
    .requiredOption("--output <folder>", "folder to write")
    .option("--preference <vector>", "0.3,0.7 in the order of the checkpoint's objectives; not for genarm")
    .option("--objective <name>", "genarm: the objective whose ARM is exported")
    .option("--model <folder>", "base model folder; default: where the checkpoint was trained")
    .addOption(
      new Option("--dtype <type>", "of the weights; default: as the base model stores them").choices([
        "float32",
        "float16",
        "bfloat16",
      ]),
    )
    .option("--shard-size <size>", "largest size of a weights file, as 5GB or 500MB", "5GB")
    .option("--json", "what was written as JSON on standard output")
    .action(async (checkpointFolder: string, flags: ExportFlags) => {
      const shardBytes = bytesOf(flags.shardSize);
      const checkpoint = await loadCheckpoint(checkpointFolder);
      try {
        const { adapter, preference } = armToExport(checkpoint, flags);
        const model = flags.model ?? checkpoint.manifest.baseModel.folder;
        // what is exchanged whole or rescaled fits one base model alone
        if (adapter.config.kind === "lora-by-module")
          assertSameBase(checkpoint.manifest, await hashModel(model), model);
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
