import type { Command } from "commander";
import type { Api } from "../../server/connect.ts";
import { estimate, table } from "../../server/table.ts";
import { answer, serverCommand, type ServerFlags } from "../server-command.ts";
import { provenanceText } from "../../runs/provenance-text.ts";
import { cell } from "./cell.ts";

type Run = Awaited<ReturnType<Api["runs"]["get"]["query"]>>;

export function showCommand(): Command {
  return serverCommand("show", "everything about a run except its metric histories")
    .argument("<run>", "its id, or the beginning of it")
    .action(async (id: string, flags: ServerFlags) => {
      await answer(flags, (api) => api.runs.get.query({ id }), printedRun);
    });
}

/** A table for everything that the run has. */
function printedRun(run: Run): string {
  const tables = [
    tableOf(
      ["attempt", "state", "host", "from step", "reason"],
      run.attempts.map((one) => [one.number, one.state, one.host, one.resumedFromStep, one.reason]),
    ),
    tableOf(
      ["child", "state", "kind", "name"],
      run.children.map((one) => [one.id, one.state, one.kind, one.name]),
    ),
    tableOf(
      ["metric", "last", "min", "max", "points"],
      run.series.map((one) => [one.key, cell(one.last), cell(one.min), cell(one.max), one.count]),
    ),
    tableOf(
      ["checkpoint", "step", "bytes", "marks"],
      run.checkpoints.map((one) => [
        one.id,
        one.step,
        one.size,
        [one.kept ? "kept" : "", one.best ? "best" : ""].join(" ").trim(),
      ]),
    ),
    tableOf(
      ["output", "rows", "bytes"],
      run.artifacts.map((one) => [one.name, one.count, one.size]),
    ),
    tableOf(
      ["front", "name", "hypervolume", "mean inner product"],
      run.fronts.map((one) => [
        one.id,
        one.name,
        estimate(one.hypervolume, one.hypervolumeLow, one.hypervolumeHigh),
        estimate(one.meanInnerProduct, one.meanInnerProductLow, one.meanInnerProductHigh),
      ]),
    ),
  ];
  const failed = run.children.filter(({ state }) => state === "FAILED");
  const blame = failed.map(({ id, name, reason }) => `${name} (${id}) failed${reason ? `: ${reason}` : ""}\n`).join("");
  const why = run.reason && failed.length === 0 ? `, ${run.reason}` : "";
  const waits = run.waits === "" ? "" : `${run.waits}\n`;
  const title = `${run.name} (${run.kind} ${run.id}): ${run.state}${why}\n${waits}${blame}`;
  return [title, provenanceText(run), ...tables, `config\n${JSON.stringify(run.config, null, 2)}\n`]
    .filter(Boolean)
    .join("\n");
}

const tableOf = (...[header, rows]: Parameters<typeof table>): string => (rows.length > 0 ? table(header, rows) : "");
