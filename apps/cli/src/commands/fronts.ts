import { writeFile } from "node:fs/promises";
import { Option, type Command } from "commander";
import { frontCsv } from "../fronts/front-csv.ts";
import { age, estimate, table } from "../server/table.ts";
import { commandGroup } from "./command-group.ts";
import { answer, serverCommand, type ServerFlags } from "./server-command.ts";

/** Pareto fronts of a server. */
export function frontsCommand(): Command {
  return commandGroup("fronts", "Pareto fronts of a server: list, show, export", [
    serverCommand("ls", "a page of fronts, newest first")
      .option("--project <name>", "only fronts of this project")
      .option("--run <run>", "only fronts of this run and its children")
      .option("--protocol <hash>", "only fronts of this protocol; they can be compared with each other")
      .option("--limit <number>", "how many fronts at most", "30")
      .action(async (flags: ServerFlags & { project?: string; run?: string; protocol?: string; limit: string }) => {
        const { project, run, protocol } = flags;
        const query = {
          ...(project ? { project } : {}),
          ...(run ? { run } : {}),
          ...(protocol ? { protocol } : {}),
          limit: Number(flags.limit),
        };
        await answer(
          flags,
          (api) => api.fronts.list.query(query),
          ({ fronts }) =>
            table(
              ["front", "name", "hypervolume", "mean inner product", "protocol", "run", "created"],
              fronts.map((one) => [
                one.id,
                one.name,
                estimate(one.hypervolume, one.hypervolumeLow, one.hypervolumeHigh),
                estimate(one.meanInnerProduct, one.meanInnerProductLow, one.meanInnerProductHigh),
                one.protocolHash.slice(0, 12),
                one.runId,
                age(one.createdAt),
              ]),
            ),
        );
      }),
    serverCommand("show", "a front with its points")
      .argument("<front>", "id")
      .action(async (id: string, flags: ServerFlags) => {
        await answer(
          flags,
          (api) => api.fronts.get.query({ id }),
          (front) =>
            [
              `${front.name}: hypervolume ${estimate(front.hypervolume, front.hypervolumeLow, front.hypervolumeHigh)} above reference (${front.referencePoint.join(", ")}), mean inner product ${estimate(front.meanInnerProduct, front.meanInnerProductLow, front.meanInnerProductHigh)}\n`,
              table(
                [
                  `preference (${front.objectives.join(", ")})`,
                  ...front.objectives.map((name) => `mean ${name}`),
                  "prompts",
                  "",
                ],
                front.points.map((point) => [
                  point.preference.map((entry) => entry.toFixed(2)).join(", "),
                  ...point.mean.map((value, axis) =>
                    estimate(value, point.low[axis] ?? null, point.high[axis] ?? null),
                  ),
                  point.promptCount,
                  point.dominated ? "dominated" : "",
                ]),
              ),
            ].join(""),
        );
      }),
    serverCommand("export", "a front as CSV or JSON")
      .argument("<front>", "id")
      .addOption(new Option("--as <format>", "format of the file").choices(["csv", "json"]).default("csv"))
      .requiredOption("--output <file>", "file to write")
      .action(async (id: string, flags: ServerFlags & { as: "csv" | "json"; output: string }) => {
        await answer(
          flags,
          async (api) => {
            const front = await api.fronts.get.query({ id });
            await writeFile(
              flags.output,
              flags.as === "json" ? `${JSON.stringify(front, null, 2)}\n` : frontCsv(front),
            );
            return { file: flags.output, points: front.points.length };
          },
          ({ file, points }) => `${points} points in ${file}\n`,
        );
      }),
  ]);
}
