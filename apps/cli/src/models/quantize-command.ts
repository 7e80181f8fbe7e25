import { exportWeights } from "@uniarm/core";
import { Command, Option } from "commander";
import { reportedExport } from "./reported-export.ts";

interface QuantizeFlags {
  output: string;
  baseWeights: "int8" | "int4";
  json?: boolean;
}

export function quantizeCommand(): Command {
  return new Command("quantize")
    .description("write a model whose matrices are blocks of 8 or 4 bits, as int8 and int4 base weights hold them")
    .argument("<model>", "folder, GGUF file or name of a pulled model")
    .requiredOption("--output <folder>", "folder to write; UniARM alone reads it")
    .addOption(
      new Option(
        "--base-weights <type>",
        "int8: GGUF's Q8_0; int4: its Q4_1. Blocks that products read stay as they are",
      )
        .choices(["int8", "int4"])
        .default("int8"),
    )
    .option("--json", "what was written as JSON on standard output")
    .action(async (model: string, { output, baseWeights, json }: QuantizeFlags) => {
      await reportedExport({ label: "quantize", output, json }, (onProgress) =>
        exportWeights(output, model, null, [], { dtype: baseWeights, onProgress }),
      );
    });
}
