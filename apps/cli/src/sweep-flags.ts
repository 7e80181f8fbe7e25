import { UniArmError } from "@uniarm/core/schema";
import { planLaunch, sweptField, type SweepConfig } from "@uniarm/pipeline/schema";
import { type Command, Option } from "commander";
import type { LaunchFile } from "./launch-file.ts";
import { readJsonFile } from "./schema-options.ts";

export interface SweepFlags {
  sweep?: string[];
  settings?: string;
  random?: string;
  sweepSeed: string;
  parallel: string;
}

/** The flags that make a sweep of a launch. */
export function withSweepFlags(command: Command): Command {
  return command
    .option(
      "--sweep <settings...>",
      "KEY=VALUE,VALUE: a run for every combination; with --random also KEY=FROM..TO[:log]",
    )
    .option("--random <runs>", "draw so many runs instead of making every combination")
    .option("--sweep-seed <number>", "seed of those draws", "0")
    .option("--settings <file>", "a sweep of the runs that a JSON file lists: [{KEY: VALUE, ...}, ...]")
    .addOption(new Option("--parallel <number>", "runs of a sweep that are queued or at work at once").default("4"));
}

/**
 * The launch as a sweep, where flags ask for one.
 * @throws UniArmError sweep-invalid, config-invalid: before anything is sent
 */
export function asSweep(launch: LaunchFile, flags: SweepFlags): LaunchFile {
  const search = searchOf(flags);
  if (search === null) return launch;
  const config = { kind: launch.kind, base: launch.config, search, parallel: Number(flags.parallel) };
  planLaunch("sweep", config);
  return { ...launch, kind: "sweep", config };
}

/** What a sweep comes to, in a line. */
export function sweepText({ config }: LaunchFile): string {
  const { children } = planLaunch("sweep", config);
  const { parallel } = config as SweepConfig;
  return `${children.length} runs, at most ${parallel} at once`;
}

function searchOf({ sweep, settings, random, sweepSeed }: SweepFlags): object | null {
  if (settings !== undefined) {
    if (sweep || random !== undefined)
      throw new UniArmError("sweep-invalid", "--settings lists the runs: leave out --sweep and --random.");
    return { type: "list", settings: readJsonFile(settings, "list of settings") };
  }
  if (!sweep) {
    if (random === undefined) return null;
    throw new UniArmError(
      "sweep-invalid",
      "--random draws settings: name them with --sweep KEY=FROM..TO or KEY=VALUES.",
    );
  }
  if (random === undefined) return gridSearch(sweep, ", or draw from it with --random RUNS");
  const fields = Object.fromEntries(sweep.map(sweptField));
  return { type: "random", fields, runs: Number(random), seed: Number(sweepSeed) };
}

/** Every combination of what KEY=VALUE,VALUE list. @throws UniArmError sweep-invalid */
export function gridSearch(sweep: readonly string[], otherwise = ""): object {
  const fields = Object.fromEntries(sweep.map(sweptField));
  const range = Object.entries(fields).find(([, values]) => !Array.isArray(values));
  if (range)
    throw new UniArmError(
      "sweep-invalid",
      `${range[0]} is a range, which has no combinations: list its values${otherwise}.`,
    );
  return { type: "grid", fields };
}
