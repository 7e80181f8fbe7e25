import { existsSync } from "node:fs";
import { UniArmError } from "@uniarm/core/schema";
import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import type { Command } from "commander";
import { readJsonFile } from "../schema-options.ts";
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
  const templates = STUDY_TEMPLATES.map(({ name }) => name);
  return serverCommand("launch", "launch a study, or a single run, on a server")
    .argument("<file>", `JSON: a config, or {kind, config, ...}; or a template: ${templates.join(", ")}`)
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
      const input = { ...given(file, flags), ...asked(flags) };
      await answer(
        flags,
        (api) => api.runs.launch.mutate(input as Parameters<typeof api.runs.launch.mutate>[0]),
        ({ id }) => `${id}\nwatch it: uniarm runs logs -f ${id}\n`,
      );
    });
}

function given(file: string, { kind }: Flags): Record<string, unknown> {
  const template = STUDY_TEMPLATES.find(({ name }) => name === file);
  if (template && !existsSync(file)) return { kind: "study", name: template.title, config: template.config };
  if (!existsSync(file)) {
    const names = STUDY_TEMPLATES.map(({ name }) => name).join(", ");
    throw new UniArmError(
      "launch-missing",
      `There is no file ${file}, and no template of that name. Templates: ${names}.`,
    );
  }
  const content = readJsonFile(file, "file to launch") as Record<string, unknown>;
  if (typeof content !== "object" || content === null)
    throw new UniArmError("launch-invalid", `${file} holds no settings: a JSON object is expected.`);
  return "kind" in content && "config" in content ? content : { kind, config: content };
}

const asked = ({ name, project, group, label, tag, cache }: Flags): Record<string, unknown> => ({
  project,
  useCache: cache,
  ...(name ? { name } : {}),
  ...(group ? { group } : {}),
  ...(label ? { labels: label } : {}),
  ...(tag ? { tags: tag } : {}),
});
