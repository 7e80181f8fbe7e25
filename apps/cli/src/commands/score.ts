import { Command, Option } from "commander";
import { readGenerations, score } from "@uniarm/eval";
import type { Score } from "@uniarm/core/schema";
import { scoreBatch, stratumOf, tinyWorldObjectives, type ObjectiveCount } from "@uniarm/tiny-world";
import { writeJsonLines } from "../json-lines.ts";
import type { CommandContext } from "../program.ts";

/** Reward models as scorers come with real checkpoints; until then the programs of tiny-world. */
export function scoreCommand(_context: CommandContext): Command {
  return new Command("score")
    .description("score generations, larger is better on every objective")
    .requiredOption("--generations <file>", "JSONL of generations, as `decode --output` writes it")
    .requiredOption("--output <file>", "JSONL file of scores to write")
    .addOption(new Option("--scorer <name>", "what scores").choices(["tiny-world"]).default("tiny-world"))
    .addOption(
      new Option("--objectives <count>", "tiny-world's first 2 or all 3 objectives").choices(["2", "3"]).default("2"),
    )
    .option("--json", "the scores as JSON lines on standard output too")
    .action(async (flags: { generations: string; output: string; objectives: string; json?: boolean }) => {
      const objectives = tinyWorldObjectives(Number(flags.objectives) as ObjectiveCount);
      const scores: Score[] = [];
      for await (const one of score(await readGenerations(flags.generations), scoreBatch, objectives, stratumOf))
        scores.push(one);
      await writeJsonLines(flags.output, scores);
      if (flags.json) for (const one of scores) process.stdout.write(`${JSON.stringify(one)}\n`);
      else process.stdout.write(`${scores.length} scores in ${flags.output}\n`);
    });
}
