import { Argument, Command } from "commander";
import { UniArmError } from "@uniarm/core/schema";
import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import type { CommandContext } from "../command-context.ts";
import { EXIT } from "../exit-codes.ts";
import { readLaunchFile, TEMPLATE_NAMES } from "../launch-file.ts";
import { table } from "../server/table.ts";
import { planStudy, type PlanFlags } from "../study/plan.ts";
import { reportStudy, type ReportFlags } from "../study/report.ts";
import { runStudyFile } from "../study/run.ts";

/** Studies on this machine, without a server. */
export function studyCommand(context: CommandContext): Command {
  const command = new Command("study").description("methods x seeds under one protocol, on this machine alone");
  command
    .command("ls")
    .description("studies that ship")
    .action(() => {
      const rows = STUDY_TEMPLATES.map(({ name, description }) => [name, description]);
      process.stdout.write(table(["study", "what it is"], rows));
    });
  command
    .command("show")
    .description("the settings of a study that ships, to copy and change")
    .addArgument(new Argument("<name>").choices(TEMPLATE_NAMES))
    .action((name: string) => {
      const { config } = STUDY_TEMPLATES.find((template) => template.name === name)!;
      process.stdout.write(`${JSON.stringify(config, null, 2)}\n`);
    });
  command
    .command("plan")
    .description("what a study will take, counted before anything is run")
    .argument("<file>", `the study as JSON, or one that ships: ${TEMPLATE_NAMES.join(", ")}`)
    .option("--prompts <number>", "how many are answered, where the file of prompts is not on this machine", Number)
    .option(
      "--slurm <file>",
      "also as jobs of Slurm, by this site file: arrays, hours, GPU hours, scripts; nothing is submitted",
    )
    .option(
      "--kubernetes <file>",
      "the same as pods of Kubernetes, by this site file: Indexed Jobs, hours, GPU hours, manifests",
    )
    .option("--label <labels...>", "with a site file: labels that it would be launched with")
    .option("--project <name>", "with a site file: project that it would be launched in (default: default)")
    .option(
      "--server <url>",
      "with a site file: server whose past runs say how long it may take (default: this machine's own)",
    )
    .option("--key <key>", "API key for that server (default: UNIARM_KEY, else this machine's own)")
    .option("--json", "as one line of JSON on standard output")
    .action((file: string, flags: PlanFlags) => planStudy(file, flags));
  command
    .command("run")
    .description("run a study in this process; after an interruption the same command continues")
    .argument("<file>", `the study as JSON (see: uniarm schema study), or one that ships: ${TEMPLATE_NAMES.join(", ")}`)
    .requiredOption("--output <folder>", "where everything goes: a folder for each stage")
    .option("--json", "each event, with its node, and the comparison as JSON lines on standard output")
    .action(async (file: string, flags: { output: string; json?: boolean }) => {
      const { kind, config } = readLaunchFile(file, "study");
      if (kind !== "study")
        throw new UniArmError(
          "study-expected",
          `${file} is of kind ${kind}, not a study. Launch it on a server: uniarm launch ${file}`,
        );
      const { signal } = context;
      const end = await runStudyFile(config, { folder: flags.output, json: flags.json === true, signal });
      if (end === "stopped") context.setExitCode(EXIT.interrupted);
    });
  command
    .command("report")
    .description("a page that opens without a network, tables for Markdown and LaTeX, figures, and the numbers as JSON")
    .argument("<folder>", "of a study, finished or not: what has not been measured is left out, and named")
    .option("--output <folder>", "where it goes; default: report, in the study's folder")
    .option("--title <text>", "of the page; default: the folder's name")
    .option("--json", "the results as one line of JSON on standard output")
    .action((folder: string, flags: ReportFlags) => reportStudy(folder, flags, context));
  return command;
}
