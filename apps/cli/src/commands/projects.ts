import type { Command } from "commander";
import { table } from "../server/table.ts";
import { commandGroup } from "./command-group.ts";
import { answer, serverCommand, type ServerFlags } from "./server-command.ts";

/** Projects of a server. */
export function projectsCommand(): Command {
  return commandGroup("projects", "projects of a server: list, create", [
    serverCommand("ls", "projects with their runs and the size of their files").action(async (flags: ServerFlags) => {
      await answer(
        flags,
        (api) => api.projects.list.query({}),
        ({ projects }) =>
          table(
            ["project", "name", "runs", "running", "bytes", "description"],
            projects.map(({ id, name, runs, bytes, description }) => [
              id,
              name,
              Object.values(runs).reduce((sum, count) => sum + count, 0),
              runs.RUNNING ?? 0,
              bytes,
              description,
            ]),
          ),
      );
    }),
    serverCommand("create", "make a project")
      .argument("<name>", "letters, digits, blanks, . _ -")
      .option("--description <text>", "for people", "")
      .action(async (name: string, { description, ...flags }: ServerFlags & { description: string }) => {
        await answer(
          flags,
          (api) => api.projects.create.mutate({ name, description }),
          ({ id }) => `${id}\n`,
        );
      }),
  ]);
}
