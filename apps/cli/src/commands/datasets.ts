import { Command } from "commander";
import { uploadFiles } from "@uniarm/client/files";
import { countLines, datasetFiles } from "../server/dataset-files.ts";
import { age, table } from "../server/table.ts";
import { answer, serverCommand, type ServerFlags } from "./server-command.ts";

type Flags = ServerFlags & { project: string };

/** Datasets of a server: its runs read them as dataset:NAME, on whatever machine they work. */
export function datasetsCommand(): Command {
  const command = new Command("datasets").description("datasets of a server: list, add, rm; configs read dataset:NAME");
  const add = (child: Command): Command => {
    command.addCommand(child.exitOverride().showHelpAfterError("(add --help for the settings)"));
    return child.option("--project <name>", "project that it belongs to", "default");
  };
  add(serverCommand("ls", "uploaded datasets")).action(async ({ project, ...flags }: Flags) => {
    await answer(
      flags,
      (api) => api.datasets.list.query({ project }),
      ({ datasets }) =>
        table(
          ["dataset", "name", "rows", "bytes", "files", "created"],
          datasets.map((one) => [one.id, one.name, one.rows, one.size, one.files.length, age(one.createdAt)]),
        ),
    );
  });
  add(serverCommand("add", "upload files as a dataset; one of that name is replaced"))
    .argument("<name>", "letters, digits, . _ -")
    .argument("<files...>", "for pairs and prompts: one JSONL file")
    .action(async (name: string, paths: string[], { project, ...flags }: Flags) => {
      await answer(
        flags,
        async (api, connection) => {
          const files = datasetFiles(paths);
          const rows = await rowsOf(paths);
          return api.datasets.create.mutate({ project, name, files: await uploadFiles(connection, files), rows });
        },
        ({ id }) => `${id}\nread it in a config as dataset:${name}\n`,
      );
    });
  add(serverCommand("rm", "remove a dataset; runs that read it fail when they start anew"))
    .argument("<dataset>", "id")
    .action(async (id: string, flags: Flags) => {
      await answer(
        flags,
        (api) => api.datasets.delete.mutate({ id }),
        (removed) => `${removed.id} is removed\n`,
      );
    });
  return command;
}

/** Of JSONL files their lines; nobody knows what a row of others would be. */
async function rowsOf(paths: readonly string[]): Promise<number | undefined> {
  if (!paths.every((path) => path.endsWith(".jsonl"))) return undefined;
  const counts = await Promise.all(paths.map(countLines));
  return counts.reduce((sum, lines) => sum + lines, 0);
}
