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

/** Gives a server something to run. */
export function launchCommand(): Command {
  return serverCommand("launch", "launch a study, or a single run, on a server")
    .argument("<file>", `JSON: a config, or {kind, config, ...}; or a template: ${TEMPLATE_NAMES.join(", ")}`)
    .option(
      "--kind <kind>",
      "what the config is of, where the file does not say: study, train, decode, score, evaluate",
      "study",
    )
    .option("--name <name>", "of the run")
    .option("--project <name>", "made where it is not there", "default")
    .option("--group <name>", "group of runs that it belongs to")
    .option("--label <labels...>", "a worker must offer all of these")
    .option("--tag <tags...>", "to find it by")
    .option("--no-cache", "do again what was done already with the same config and inputs")
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
