import { exportWeights, type WeightsDtype } from "@uniarm/core";
import { Command, Option } from "commander";
import { reportedExport } from "./reported-export.ts";

interface ConvertFlags {
  output: string;
  dtype: WeightsDtype;
  json?: boolean;
}

export function convertCommand(): Command {
  return new Command("convert")
    .description("write a model as a folder in Hugging Face layout, which transformers loads")
    .argument("<model>", "GGUF file, folder or name of a pulled model")
    .requiredOption("--output <folder>", "folder to write")
    .addOption(
      new Option("--dtype <type>", "of the weights; float32 holds what blocks stand for exactly")
        .choices(["float32", "float16", "bfloat16"])
        .default("float32"),
    )
    .option("--json", "what was written as JSON on standard output")
    .action(async (model: string, { output, dtype, json }: ConvertFlags) => {
      await reportedExport({ label: "convert", output, json }, (onProgress) =>
        exportWeights(output, model, null, [], { dtype, onProgress }),
      );
    });
}
