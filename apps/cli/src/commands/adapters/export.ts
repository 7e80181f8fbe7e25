import {
  assertSameBase,
  exportClassifier,
  exportPeft,
  exportWeights,
  hashModel,
  loadCheckpoint,
  type Adapter,
  type Checkpoint,
  type WeightsDtype,
} from "@uniarm/core";
import { isScorer, UniArmError } from "@uniarm/core/schema";
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
        const model = flags.model ?? checkpoint.manifest.baseModel.folder;
        const text = isScorer(checkpoint.manifest.method)
          ? await writeScorer(flags, checkpoint, model, shardBytes)
          : await writeArm(flags, checkpoint, model, shardBytes);
        process.stdout.write(`${text}\n`);
      } finally {
        for (const arm of checkpoint.arms) arm.dispose();
      }
    });
}

async function writeArm(
  flags: ExportFlags,
  checkpoint: Checkpoint,
  model: string,
  shardBytes: number,
): Promise<string> {
  const { adapter, preference } = armToExport(checkpoint, flags);
  // what is exchanged whole or rescaled fits one base model alone
  if (adapter.config.kind === "lora-by-module") assertSameBase(checkpoint.manifest, await hashModel(model), model);
  if (flags.as === "peft") return writePeft(flags, adapter, preference, model);
  return written(flags, (onProgress) =>
    exportWeights(flags.output, model, adapter, preference, { dtype: flags.dtype, shardBytes, onProgress }),
  );
}

/** @throws UniArmError export-scorer */
async function writeScorer(
  flags: ExportFlags,
  { manifest, arms }: Checkpoint,
  model: string,
  shardBytes: number,
): Promise<string> {
  const { method, objectives, promptFormat, templateVars } = manifest;
  if (flags.as === "peft" || flags.preference !== undefined || flags.objective !== undefined)
    throw new UniArmError(
      "export-scorer",
      `This checkpoint holds a ${method}: it has no preference, and its head belongs to no language model. Write it as a sequence classifier of transformers: --as weights, without --preference and --objective.`,
    );
  const labels = objectives.map(({ name }) => name);
  return written(flags, (onProgress) =>
    exportClassifier(flags.output, model, arms[0]!, {
      labels,
      promptFormat,
      templateVars,
      shardBytes,
      onProgress,
      ...(flags.dtype ? { dtype: flags.dtype } : {}),
    }),
  );
}

async function writePeft(flags: ExportFlags, adapter: Adapter, preference: number[], model: string): Promise<string> {
  const { rank, bias } = await exportPeft(flags.output, adapter, preference, model);
  if (flags.json) return JSON.stringify({ folder: flags.output, rank, bias });
  const more = bias ? " with a bias (lora_bias: PEFT 0.14 and later)" : "";
  return `a PEFT LoRA of rank ${rank}${more} in ${flags.output}`;
}

/** Weights, with progress and a word about them. */
async function written(
  { output, json }: ExportFlags,
  write: (onProgress: (done: number, total: number) => void) => ReturnType<typeof exportWeights>,
): Promise<string> {
  const progress = json ? silentProgress : terminalProgress();
  const { files, bytes } = await write((done, total) => {
    progress.update("merge", done, total, "tensors");
  });
  progress.close();
  if (json) return JSON.stringify({ folder: output, files, bytes });
  return `${(bytes / 1e6).toFixed(1)} MB of weights in ${files.length} ${files.length === 1 ? "file" : "files"} in ${output}`;
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
