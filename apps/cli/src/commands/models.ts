import { Command, Option } from "commander";
import {
  checkExpectation,
  compareTokenizers,
  inspectModel,
  loadTokenizer,
  loadTransformer,
  openEngine,
} from "@uniarm/core";
import { BaseWeights, ModelExpectation, UniArmError } from "@uniarm/core/schema";
import { EXIT } from "../exit-codes.ts";
import { convertCommand } from "../models/convert-command.ts";
import { pullCommand } from "../models/pull-command.ts";
import { quantizeCommand } from "../models/quantize-command.ts";
import { printedChecks, printedComparison, printedInspection } from "../models/print.ts";
import type { CommandContext } from "../command-context.ts";
import { parseConfig, readJsonFile } from "../schema-options.ts";
import { commandGroup } from "./command-group.ts";

export function modelsCommand(context: CommandContext): Command {
  return commandGroup("models", "inspect, check, compare, convert, quantize and fetch models", [
    inspectCommand(),
    checkCommand(context),
    compareCommand(context),
    convertCommand(),
    quantizeCommand(),
    pullCommand(context),
  ]);
}

function compareCommand({ setExitCode }: CommandContext): Command {
  return new Command("compare")
    .description(
      "whether one model can guide another: vocabularies id by id, special tokens, templates; exit code 2 when not",
    )
    .argument("<base>", "folder of the model that is guided")
    .argument("<arm>", "folder of the model that carries the ARMs")
    .option("--json", "the comparison as JSON on standard output")
    .action(async (base: string, arm: string, flags: { json?: boolean }) => {
      const comparison = compareTokenizers(await loadTokenizer(base), await loadTokenizer(arm));
      process.stdout.write(`${flags.json ? JSON.stringify(comparison) : printedComparison(comparison)}\n`);
      if (!comparison.same) setExitCode(EXIT.badInput);
    });
}

function inspectCommand(): Command {
  return new Command("inspect")
    .description("architecture, parameters, dtype, context, tokenizer and memory needed, without loading the weights")
    .argument("<folder>", "model folder in Hugging Face layout, GGUF file or name of a pulled model")
    .option("--json", "the report as JSON on standard output")
    .action(async (folder: string, flags: { json?: boolean }) => {
      const found = await inspectModel(folder);
      const tokenizer = await loadTokenizer(folder).catch((error: unknown) => {
        if (error instanceof UniArmError) return error.message;
        throw error;
      });
      if (!flags.json) {
        process.stdout.write(`${printedInspection(found, tokenizer)}\n`);
        return;
      }
      const known = typeof tokenizer === "string" ? { error: tokenizer } : summaryOf(tokenizer);
      process.stdout.write(`${JSON.stringify({ ...found, tokenizer: known })}\n`);
    });
}

const summaryOf = ({
  vocabularySize,
  bosTokenId,
  eosTokenId,
  padTokenId,
}: Awaited<ReturnType<typeof loadTokenizer>>) => ({
  vocabularySize,
  bosTokenId,
  eosTokenId,
  padTokenId,
});

function checkCommand({ setExitCode }: CommandContext): Command {
  return new Command("check")
    .description(
      "logits, log-probabilities and greedy continuation against expected numbers; exit code 2 when they differ",
    )
    .argument("<folder>", "model folder in Hugging Face layout, GGUF file or name of a pulled model")
    .requiredOption("--against <file>", "expect.json, as `python tooling/reference/expect.py FOLDER` writes it")
    .addOption(
      new Option("--base-weights <type>", "how the weights are held; all but float32 are not exact")
        .choices(BaseWeights.options)
        .default("float32"),
    )
    .option("--json", "the comparisons as JSON on standard output")
    .action(async (folder: string, flags: { against: string; baseWeights: BaseWeights; json?: boolean }) => {
      const expected = parseConfig(ModelExpectation, readJsonFile(flags.against, "file of expected numbers"));
      const { name, version } = await openEngine();
      const model = await loadTransformer(folder, { baseWeights: flags.baseWeights });
      const checks = await checkExpectation(model, expected);
      const engine = `${name} ${version}`;
      const notices = model.notices.map((notice) => `notice ${notice}\n`).join("");
      const text = flags.json
        ? JSON.stringify({ engine, notices: model.notices, checks })
        : `engine ${engine}\n${notices}${printedChecks(checks)}`;
      process.stdout.write(`${text}\n`);
      if (checks.some(({ passed }) => !passed)) setExitCode(EXIT.badInput);
    });
}
