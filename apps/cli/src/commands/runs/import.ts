import { Command } from "commander";
import { importedRun } from "../../runs/import-folder.ts";
import { leaveNotice } from "../../runs/leave-notice.ts";

interface Flags {
  project: string;
  name?: string;
  model?: string;
  events?: string;
  data?: string;
  json?: boolean;
}

/** Work of the command line's on the platform: its checkpoint steers in the playground, its report stands among the fronts. */
export function importCommand(): Command {
  return new Command("import")
    .description(
      "a folder that train, decode, score, evaluate or adapters import wrote, as a run of this machine's server",
    )
    .argument("<folder>", "with a checkpoint, report.json, generations.jsonl, scores.jsonl or pairs.jsonl")
    .option("--project <name>", "project of the run; created if it does not exist", "default")
    .option("--name <name>", "name of the run; default: the folder's")
    .option("--model <folder>", "base model that the checkpoint is of, where the folder does not say")
    .option("--events <file>", "what `uniarm train --json` printed: its metrics come along")
    .option("--data <folder>", "data folder of the server (default: UNIARM_DATA, else ~/.local/share/uniarm)")
    .option("--json", "the run as JSON on standard output; the server gives it an id when it records it")
    .action(async (folder: string, { data, json, name, model, events, project }: Flags) => {
      const run = await importedRun({ folder, project, name, model, events });
      await leaveNotice(run, data);
      const what = (run.events ?? []).filter(({ type }) => type !== "metric");
      process.stdout.write(
        json
          ? `${JSON.stringify({ externalId: run.id, name: run.name, project, events: run.events?.length ?? 0 })}\n`
          : `${run.name}: ${what.map(toldOf).join(", ") || "metrics"}. The server of this machine records it within seconds, or when it starts: uniarm serve\nfind it: uniarm runs ls "kind = import"\n`,
      );
    });
}

const toldOf = (event: { type: string; name?: unknown; step?: unknown }): string =>
  event.type === "checkpoint" ? `checkpoint of step ${String(event.step)}` : `${event.type} ${String(event.name)}`;
