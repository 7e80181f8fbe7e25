import { launchedFromHere } from "@uniarm/client/provenance";
import { planLaunch, type LaunchKind } from "@uniarm/pipeline/schema";
import type { Command } from "commander";
import { readLaunchFile, TEMPLATE_NAMES } from "../launch-file.ts";
import { asSweep, sweepText, withSweepFlags, type SweepFlags } from "../sweep-flags.ts";
import { answer, serverCommand, type ServerFlags } from "./server-command.ts";

interface Flags extends ServerFlags, SweepFlags {
  kind: string;
  name?: string;
  project: string;
  group?: string;
  label?: string[];
  tag?: string[];
  cache: boolean;
  dryRun?: boolean;
}

/** Launches a study or a run on a server. */
export function launchCommand(): Command {
  return withSweepFlags(serverCommand("launch", "launch a study, a single run, or a sweep of either, on a server"))
    .argument("<file>", `JSON: a config, or {kind, config, ...}; or a template: ${TEMPLATE_NAMES.join(", ")}`)
    .option(
      "--kind <kind>",
      "what the config is of, where the file does not say: study, train, decode, score, evaluate",
      "study",
    )
    .option("--name <name>", "name of the run; without one it gets two words and a number")
    .option("--project <name>", "project of the run; created if it does not exist", "default")
    .option("--group <name>", "group that the run belongs to")
    .option("--label <labels...>", "a worker must offer all of these")
    .option("--tag <tags...>", "tags to find the run by")
    .option("--no-cache", "run everything, also what an earlier run with the same config and inputs has done")
    .option("--dry-run", "only check it, and say how many runs a sweep comes to")
    .action(async (file: string, flags: Flags) => {
      const launchedFrom = await launchedFromHere(["uniarm", ...process.argv.slice(2)]);
      const launch = asSweep(readLaunchFile(file, flags.kind), flags);
      if (launch.kind === "sweep") process.stderr.write(`${sweepText(launch)}\n`);
      if (flags.dryRun) {
        planLaunch(launch.kind as LaunchKind, launch.config);
        return;
      }
      const input = { ...launch, ...asked(flags), launchedFrom };
      await answer(
        flags,
        (api) => api.runs.launch.mutate(input as Parameters<typeof api.runs.launch.mutate>[0]),
        ({ id }) => `${id}\nwatch it: uniarm runs logs -f ${id}\n`,
      );
    });
}

const asked = ({ name, project, group, label, tag, cache }: Flags): Record<string, unknown> => ({
  project,
  useCache: cache,
  ...(name ? { name } : {}),
  ...(group ? { group } : {}),
  ...(label ? { labels: label } : {}),
  ...(tag ? { tags: tag } : {}),
});
