import type { Command } from "commander";
import { readLaunchFile, TEMPLATE_NAMES } from "../launch-file.ts";
import { answer, serverCommand, type ServerFlags } from "./server-command.ts";

interface Flags extends ServerFlags {
  kind: string;
  name?: string;
  project: string;
  group?: string;
  label?: string[];
  tag?: string[];
  cache: boolean;
}

/** Launches a study or a run on a server. */
export function launchCommand(): Command {
  return serverCommand("launch", "launch a study, or a single run, on a server")
    .argument("<file>", `JSON: a config, or {kind, config, ...}; or a template: ${TEMPLATE_NAMES.join(", ")}`)
    .option(
      "--kind <kind>",
      "what the config is of, where the file does not say: study, train, decode, score, evaluate",
      "study",
    )
    .option("--name <name>", "name of the run")
    .option("--project <name>", "project of the run; created if it does not exist", "default")
    .option("--group <name>", "group that the run belongs to")
    .option("--label <labels...>", "a worker must offer all of these")
    .option("--tag <tags...>", "tags to find the run by")
    .option("--no-cache", "run everything, also what an earlier run with the same config and inputs has done")
    .action(async (file: string, flags: Flags) => {
      const input = { ...readLaunchFile(file, flags.kind), ...asked(flags) };
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
