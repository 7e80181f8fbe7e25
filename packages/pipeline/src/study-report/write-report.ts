import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { preferenceGrid, type JudgeReport, type Score } from "@uniarm/core/schema";
import { constantFront, formatTable, type ReportTable } from "@uniarm/eval";
import { sampleAnswers } from "./answers.ts";
import { comparisonOf, type ComparisonOptions } from "./comparison.ts";
import { costsOf } from "./costs.ts";
import { figuresOf } from "./figures.ts";
import { meanFronts } from "./fronts.ts";
import { measuresOf } from "./measures.ts";
import { optimumOf } from "./optimum.ts";
import { pageOf } from "./page.ts";
import { protocolLines } from "./protocol-lines.ts";
import { readStudy, type MeasuredRun, type StudyResults } from "./read-study.ts";
import { StudyReport, type MethodCost } from "./study-report.ts";
import { costsTable, tablesOf } from "./tables.ts";

export interface WrittenReport {
  report: StudyReport;
  costs: MethodCost[];
  tables: ReportTable[];
  /** paths of what was written, the page first */
  files: string[];
}

export interface StudyReportOptions extends ComparisonOptions {
  title?: string | undefined;
}

/**
 * Writes what a study has found so far into a folder: index.html (opens without a network), tables.md, tables.tex,
 * results.json, costs.json and a file for each figure. Equal results give equal bytes; what depends on the machine is in
 * costs.json and the page alone.
 * @throws UniArmError study-missing, study-empty, report-stopped, and as the readers of its files do
 */
export async function writeStudyReport(
  folder: string,
  output: string,
  { title = "Study", signal, onProgress }: StudyReportOptions = {},
): Promise<WrittenReport> {
  const results = await readStudy(folder);
  const report = StudyReport.parse(await reportOf(results, { signal, onProgress }));
  const costs = await costsOf(results);
  const tables = tablesOf(report);
  const figures = await figuresOf(report);
  const files: string[] = [];
  const write = async (name: string, text: string): Promise<void> => {
    const path = join(output, name);
    await writeFileAtomically(path, text);
    files.push(path);
  };
  await mkdir(output, { recursive: true });
  await write("index.html", pageOf(report, { title, tables, costs: costsTable(costs), figures }));
  await write("tables.md", markdownOf(title, report, tables));
  await write("tables.tex", latexOf(tables));
  await write("results.json", `${JSON.stringify(report, null, 2)}\n`);
  await write("costs.json", `${JSON.stringify(costs, null, 2)}\n`);
  for (const { id, svg } of figures) await write(`${id}.svg`, svg);
  return { report, costs, tables, files };
}

async function reportOf(
  { config, runs, missing, comparison: kept }: StudyResults,
  options: StudyReportOptions,
): Promise<StudyReport> {
  const { config: protocol } = runs[0]!.report;
  const grid = preferenceGrid(protocol.objectives.length, config.divisions);
  const optimum = optimumOf(config, runs[0]!.scores, grid);
  const names = [...new Set(runs.map(({ method }) => method))];
  const methods = names.map((name) => ({
    name,
    runs: runs.filter(({ method }) => method === name).map((run) => ({ seed: run.seed, scores: scoresOf(run, grid) })),
  }));
  const ascending = optimum?.points.toSorted((one, other) => byEntries(one.preference, other.preference));
  return {
    format: "uniarm-study-report",
    formatVersion: 1,
    study: config,
    objectives: protocol.objectives,
    comparison: await comparisonOf(kept, [methods, protocol, { optimum: ascending?.map(({ mean }) => mean) }], options),
    fronts: meanFronts(runs),
    measures: measuresOf(runs),
    optimum,
    answers: sampleAnswers(
      runs,
      protocol.objectives.map(({ name }) => name),
    ),
    ...strengthsOf(runs),
    ...judgedOf(config, runs),
    missing,
  };
}

function judgedOf(config: StudyResults["config"], runs: readonly MeasuredRun[]): Pick<StudyReport, "judged"> {
  if (!config.judging) return {};
  const trained = runs.filter(({ seed }) => seed !== null);
  return {
    judged: {
      runs: trained.flatMap(({ method: name, seed, judged }) =>
        judged ? [{ name, seed, report: withoutJudge(judged) }] : [],
      ),
      missing: trained.flatMap(({ method, seed, judged }) => (judged ? [] : [`${method}, seed ${seed}`])),
    },
  };
}

/** The study says who judges; where its folder lies on this machine does not matter. */
const withoutJudge = ({ judge: _, ...report }: JudgeReport): Omit<JudgeReport, "judge"> => report;

function strengthsOf(runs: readonly MeasuredRun[]): Pick<StudyReport, "strengths"> {
  const strengths = runs.flatMap(({ method: name, seed, choice }) => (choice ? [{ name, seed, choice }] : []));
  return strengths.length === 0 ? {} : { strengths };
}

/** The base model's answers count at every preference. */
const scoresOf = ({ seed, scores }: MeasuredRun, grid: readonly (readonly number[])[]): readonly Score[] =>
  seed === null ? constantFront(scores, grid) : scores;

const byEntries = (one: readonly number[], other: readonly number[]): number => {
  const place = one.findIndex((entry, index) => entry !== other[index]);
  return place < 0 ? 0 : one[place]! - other[place]!;
};

function markdownOf(title: string, report: StudyReport, tables: readonly ReportTable[]): string {
  const sections = tables.map(
    ({ title: name, notes, heading, rows }) =>
      `## ${name}\n\n${notes.join(" ")}\n\n${formatTable(heading, rows, "markdown")}\n`,
  );
  return [`# ${title}\n`, ...sections, `## Protocol\n\n${protocolLines(report).join("  \n")}\n`].join("\n");
}

/** For \input, with the package booktabs. */
function latexOf(tables: readonly ReportTable[]): string {
  return tables
    .map(
      ({ title, notes, heading, rows }) => `% ${title}. ${notes.join(" ")}\n${formatTable(heading, rows, "latex")}\n`,
    )
    .join("\n");
}
