import { join, dirname } from "node:path";
import { Option, type Command } from "commander";
import { z } from "zod";
import { openScorers, readGenerations, score } from "@uniarm/eval";
import { ScoringConfig, UniArmError, type Score } from "@uniarm/core/schema";
import { openEngine, writeJsonLines } from "@uniarm/core";
import { scoreBatch, stratumOf, tinyWorldObjectives, type TinyWorldObjectiveCount } from "@uniarm/tiny-world";
import { EXIT } from "../exit-codes.ts";
import type { CommandContext } from "../command-context.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { parseConfig } from "../schema-options.ts";
import { configCommand, valuesOf } from "./config-command.ts";

const Files = z.object({ generations: ScoringConfig.shape.generations, output: ScoringConfig.shape.output });

interface Flags extends Record<string, unknown> {
  scorer: "reward-models" | "program" | "tiny-world" | undefined;
  objectives: string;
  json?: boolean;
}

/** Reward models and programs of the config, or the exact rewards of tiny-world. */
export function scoreCommand(context: CommandContext): Command {
  return configCommand("score", "score generations, larger is better on every objective", ScoringConfig)
    .addOption(
      new Option(
        "--scorer <name>",
        "what scores; default: the reward models and programs where some are given, else tiny-world",
      ).choices(["reward-models", "program", "tiny-world"]),
    )
    .addOption(
      new Option("--objectives <count>", "tiny-world's first 2 or all 3 objectives").choices(["2", "3"]).default("2"),
    )
    .action(async (flags: Flags) => {
      const values = valuesOf(ScoringConfig, flags);
      const isTinyWorld =
        flags.scorer === "tiny-world" ||
        (!flags.scorer && values.rewardModels === undefined && values.programs === undefined);
      const { generations, output } = parseConfig(Files, {
        generations: values.generations,
        output: values.output,
      });
      const scores = isTinyWorld
        ? await tinyWorldScores(generations, Number(flags.objectives) as TinyWorldObjectiveCount)
        : await ownScores(parseConfig(ScoringConfig, values), flags.json === true, context);
      if (scores === null) return;
      await writeJsonLines(output, scores);
      if (flags.json) for (const one of scores) process.stdout.write(`${JSON.stringify(one)}\n`);
      else process.stdout.write(`${scores.length} scores in ${output}\n${summaryOf(scores)}`);
    });
}

async function tinyWorldScores(generations: string, count: TinyWorldObjectiveCount): Promise<Score[]> {
  const scores: Score[] = [];
  for await (const one of score(await readGenerations(generations), scoreBatch, tinyWorldObjectives(count), stratumOf))
    scores.push(one);
  return scores;
}

/** Null when it was interrupted: what was scored is in the cache. */
async function ownScores(
  {
    generations: path,
    output,
    rewardModels,
    programs,
    cache = join(dirname(output), "scores.cache.jsonl"),
  }: ScoringConfig,
  json: boolean,
  { signal, setExitCode }: CommandContext,
): Promise<Score[] | null> {
  const generations = await readGenerations(path);
  const progress = json ? silentProgress : terminalProgress();
  if (rewardModels !== undefined) {
    const engine = await openEngine();
    progress.line(
      `engine                 ${engine.name} ${engine.version}${engine.reason ? ` (${engine.reason})` : ""}`,
    );
  }
  const scorer = await openScorers({ rewardModels, programs }, { cache, signal });
  const stopped = (done: number): null => {
    progress.line(`Stopped after ${done} of ${generations.length}; the same command continues from there.`);
    setExitCode(EXIT.interrupted);
    return null;
  };
  const scores: Score[] = [];
  try {
    const objectives = scorer.objectives.map((objective) => ({ ...objective, description: objective.name }));
    for await (const one of score(generations, scorer.score, objectives)) {
      scores.push(one);
      progress.update("score", scores.length, generations.length, "responses");
      if (signal.aborted) return stopped(scores.length);
    }
    const { scored, cached, truncated } = scorer.counts;
    const cut = truncated > 0 ? `, ${truncated} longer than a model's context and cut` : "";
    progress.line(`${scored} texts scored, ${cached} known from ${cache}${cut}`);
    return scores;
  } catch (error) {
    if (error instanceof UniArmError && error.code === "scorer-program-stopped") return stopped(scores.length);
    throw error;
  } finally {
    progress.close();
    await scorer.dispose();
  }
}

/** Mean and standard deviation of each objective: what a normaliser is made of. */
function summaryOf(scores: readonly Score[]): string {
  const names = Object.keys(scores[0]?.rewards ?? {});
  return names
    .map((name) => {
      const values = scores.map(({ rewards }) => rewards[name]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
      return `  ${name.padEnd(20)} mean ${mean.toFixed(3)}, deviation ${deviation.toFixed(3)}\n`;
    })
    .join("");
}
