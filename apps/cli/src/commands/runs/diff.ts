import { differingPaths, flattenConfig } from "@uniarm/pipeline/schema";
import type { Command } from "commander";
import { table } from "../../server/table.ts";
import { answer, serverCommand, type ServerFlags } from "../server-command.ts";

export function diffCommand(): Command {
  return serverCommand("diff", "settings in which runs differ")
    .argument("<runs...>", "ids, or beginnings of them; the first is the baseline")
    .action(async (ids: string[], flags: ServerFlags) => {
      await answer(
        flags,
        async (api) => {
          const runs = await Promise.all(ids.map((id) => api.runs.get.query({ id })));
          return { runs: runs.map(({ id, name }) => ({ id, name })), differences: differencesOf(runs) };
        },
        ({ runs, differences }) =>
          differences.length === 0
            ? "The settings are the same.\n"
            : table(
                ["setting", ...runs.map(({ id, name }) => `${name} ${id}`)],
                differences.map(({ key, values }) => [key, ...values]),
              ),
      );
    });
}

/** Values as JSON, null where a run does not have the setting. */
function differencesOf(runs: readonly { config: unknown }[]): { key: string; values: (string | null)[] }[] {
  const settings = runs.map((run) => new Map(flattenConfig(run.config).map(({ path, text }) => [path, text])));
  return differingPaths(settings)
    .sort()
    .map((key) => ({ key, values: settings.map((config) => config.get(key) ?? null) }));
}
