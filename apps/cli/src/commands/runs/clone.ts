import type { Command } from "commander";
import { configChange } from "../../runs/config-change.ts";
import { answer, serverCommand, type ServerFlags } from "../server-command.ts";

export function cloneCommand(): Command {
  return serverCommand("clone", "run a copy of a run, with changed settings")
    .argument("<run>", "its id, or the beginning of it")
    .option("--set <changes...>", "KEY=VALUE: settings by their path, values as JSON; null removes a setting")
    .option("--name <name>", "name of the copy")
    .action(async (id: string, flags: ServerFlags & { set?: string[]; name?: string }) => {
      const changes = Object.assign({}, ...(flags.set ?? []).map(configChange)) as Record<string, unknown>;
      await answer(
        flags,
        (api) => api.runs.clone.mutate({ id, changes, ...(flags.name ? { name: flags.name } : {}) }),
        (made) => `${made.id}\n`,
      );
    });
}
