import { quotedItems } from "@uniarm/core/schema";
import type { Command } from "commander";
import { age, duration, table } from "../../server/table.ts";
import { connect } from "../../server/connect.ts";
import { writeRunsCsv } from "../../runs/runs-csv.ts";
import { answer, serverCommand, type ServerFlags } from "../server-command.ts";
import { cell } from "./cell.ts";

interface Flags extends ServerFlags {
  project?: string;
  sort: string;
  columns?: string;
  children?: boolean;
  archived?: boolean;
  limit: string;
  cursor?: string;
  csv?: boolean;
}

export function listCommand(): Command {
  return serverCommand("ls", "a page of runs")
    .argument("[filter...]", 'e.g. state = RUNNING "metric.loss < 0.5" tag = seed-1')
    .option("--project <name>", "only runs of this project")
    .option("--sort <field>", "field to sort by; a minus before it: descending", "-created")
    .option("--columns <list>", 'more fields, separated by commas: config.PATH, metric.KEY, metric."with, marks"')
    .option("--children", "also runs that belong to a study")
    .option("--archived", "archived runs instead")
    .option("--limit <number>", "how many runs at most", "30")
    .option("--cursor <cursor>", "where the previous page ended")
    .option("--csv", "all that the filter finds, as CSV for a spreadsheet")
    .action(async (filter: string[], flags: Flags) => {
      if (flags.csv) {
        const { limit: _, ...asked } = queryOf(filter.join(" "), flags);
        return writeRunsCsv(connect(flags), asked, process.stdout);
      }
      const more = quotedItems(flags.columns ?? "") ?? [];
      await answer(
        flags,
        (api) => api.runs.list.query(queryOf(filter.join(" "), flags)),
        ({ runs, nextCursor }) =>
          table(
            ["run", "state", "kind", "name", "progress", "took", "created", ...more],
            runs.map((run) => [
              run.id,
              run.state,
              run.kind,
              run.name,
              progressOf(run.progress),
              tookOf(run),
              age(run.createdAt),
              ...more.map((name) => cell(run.columns[name])),
            ]),
          ) +
          (nextCursor ? `more: --cursor ${nextCursor}\n` : "") +
          (runs.length === 0 && !flags.children ? "none outside of studies; for those inside: --children\n" : ""),
      );
    });
}

const queryOf = (filter: string, { project, sort, columns, children, archived, limit, cursor }: Flags) => ({
  filter,
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  sort,
  limit: Number(limit),
  archived: archived ? ("true" as const) : ("false" as const),
  ...(project ? { project } : {}),
  ...(columns ? { columns } : {}),
  ...(cursor ? { cursor } : {}),
  ...(children || /\bparent\b/.test(filter) ? {} : { parent: "none" }),
});

function progressOf(progress: unknown): string {
  const { done, total, unit } = (progress ?? {}) as { done?: number; total?: number; unit?: string };
  return done === undefined ? "" : `${done}/${total} ${unit}`;
}

function tookOf({ startedAt, endedAt }: { startedAt: string | null; endedAt: string | null }): string {
  if (!startedAt) return "";
  return duration(((endedAt ? Date.parse(endedAt) : Date.now()) - Date.parse(startedAt)) / 1000);
}
