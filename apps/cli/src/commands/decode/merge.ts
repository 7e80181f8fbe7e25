import { mergeGenerations } from "@uniarm/decoder";
import { Command } from "commander";

export function mergeCommand(): Command {
  return new Command("merge")
    .description("put the outputs of all parts (--shard) together: what decoding without parts writes, byte for byte")
    .argument("<files...>", "the outputs of all parts, in any order")
    .requiredOption("--output <file>", "JSONL file of generations to write")
    .action(async (files: string[], { output }: { output: string }) => {
      const rows = await mergeGenerations(files, output);
      process.stdout.write(`${rows} rows of ${files.length} parts, in ${output}.\n`);
    });
}
