import type { Command } from "commander";
import { exportRun } from "../../runs/export-run.ts";
import { answer, serverCommand, type ServerFlags } from "../server-command.ts";

export function exportCommand(): Command {
  return serverCommand("export", "a run as a folder: run.json, metrics.csv, log.txt, its outputs and last checkpoint")
    .argument("<run>", "its id, or the beginning of it")
    .requiredOption("--output <folder>", "folder to create")
    .action(async (id: string, flags: ServerFlags & { output: string }) => {
      await answer(
        flags,
        (_api, connection) => exportRun(connection, id, flags.output),
        ({ folder, files }) => `${files} files in ${folder}\n`,
      );
    });
}
