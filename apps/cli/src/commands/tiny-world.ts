import { Command, Option } from "commander";
import { createRandom, writeJsonLines } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import {
  makeTexts,
  PRETRAINING,
  testPrompts,
  trainingPromptDraws,
  validationPrompts,
  type TinyWorldModel,
} from "@uniarm/tiny-world";
import { pretrainBaseModel } from "../base-model.ts";
import type { CommandContext } from "../command-context.ts";
import { runEvents } from "./config-command.ts";

/** Data and base models of the synthetic task, as files. */
export function tinyWorldCommand(context: CommandContext): Command {
  const command = new Command("tiny-world").description(
    "write data of the synthetic task, or train its base model again",
  );
  command
    .command("prompts")
    .description("prompts as JSONL of {id, text}")
    .addOption(
      new Option("--split <name>", "which tasks they ask about")
        .choices(["test", "validation", "training"])
        .default("test"),
    )
    .option("--count <number>", "training only: prompts to draw", "4000")
    .requiredOption("--output <file>", "JSONL file to write")
    .option("--seed <number>", "seed of the draws", "0")
    .action(async (flags: { split: keyof typeof PROMPTS; count: string; output: string; seed: string }) => {
      const prompts = PROMPTS[flags.split](wholeNumber("count", flags.count), wholeNumber("seed", flags.seed));
      await writeJsonLines(flags.output, prompts);
      process.stdout.write(`${prompts.length} prompts in ${flags.output}\n`);
    });
  command
    .command("texts")
    .description("prompts with responses of the natural mixture, as JSONL of {prompt, response}")
    .option("--count <number>", "texts to write", "12000")
    .requiredOption("--output <file>", "JSONL file to write")
    .option("--seed <number>", "seed of the draws", "0")
    .action(async (flags: { count: string; output: string; seed: string }) => {
      const texts = makeTexts(
        wholeNumber("count", flags.count),
        createRandom(wholeNumber("seed", flags.seed)).fork("texts"),
      );
      await writeJsonLines(flags.output, texts);
      process.stdout.write(`${texts.length} texts in ${flags.output}\n`);
    });
  command
    .command("base")
    .description("pre-train a base model from scratch: one of those that ship, or a larger one")
    .addOption(new Option("--name <name>", "its size").choices(Object.keys(PRETRAINING)).default("default"))
    .requiredOption("--output <folder>", "model folder to create")
    .option("--seed <number>", "seed of texts and weights", "0")
    .option("--json", "events as JSON lines on standard output")
    .action(async (flags: { name: TinyWorldModel; output: string; seed: string; json?: boolean }) => {
      const settings = { name: flags.name, output: flags.output, seed: wholeNumber("seed", flags.seed) };
      await runEvents(() => pretrainBaseModel(settings, context.signal), flags.json === true, context);
    });
  return command;
}

const PROMPTS = {
  test: () => testPrompts(),
  validation: () => validationPrompts(),
  training: (count: number, seed: number) => trainingPromptDraws(count, createRandom(seed).fork("pairs")),
};

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new UniArmError("option-invalid", `--${name} is "${text}"; it must be a whole number of 0 or more.`);
}
