import { readJsonLines, writeFileAtomically } from "@uniarm/core";
import { Score, UniArmError } from "@uniarm/core/schema";
import { compareFronts, constantFront, type MethodScores, type NamedReport } from "@uniarm/eval";
import { compareStoppably } from "../compare-stoppably.ts";
import { readReport } from "../read-report.ts";
import { ComparisonJob } from "../schema/jobs.ts";
import { tinyWorldOptimum } from "../tiny-world-optimum.ts";
import type { StageContext, StageEvent } from "./stage.ts";

/** Fronts of one protocol side by side -> comparison.json; with their scores, methods tested against each other -> methods.json. */
export async function* compareStage(given: unknown, { signal, place }: StageContext): AsyncGenerator<StageEvent> {
  const job = ComparisonJob.parse(given);
  const { names, reports: paths } = job;
  checkCounts(job);
  const read = await Promise.all(paths.map(readReport));
  const reports = read.map(({ report }, index) => ({ name: names[index]!, report }));
  const comparison = compareFronts(reports);
  const file = place("comparison.json");
  await writeFileAtomically(file, `${JSON.stringify(comparison, null, 2)}\n`);
  yield { type: "artifact", name: "comparison", count: comparison.length, files: { "comparison.json": file } };
  if (job.scores) {
    const steps = compareStoppably(await comparedOf(job, reports), signal);
    let step = await steps.next();
    for (; !step.done; step = await steps.next())
      yield { type: "progress", phase: "compare methods", ...step.value, unit: "pairs of methods" };
    const methods = step.value;
    if (methods === null) {
      yield { type: "ended", end: "STOPPED", reason: "stopped while methods were compared; it begins anew" };
      return;
    }
    const path = place("methods.json");
    await writeFileAtomically(path, `${JSON.stringify(methods, null, 2)}\n`);
    yield { type: "artifact", name: "methods", count: methods.methods.length, files: { "methods.json": path } };
  }
  yield { type: "ended", end: "SUCCEEDED", reason: `${comparison.length} fronts` };
}

/** What is compared; all reports are of one protocol here. */
async function comparedOf(
  { names, scores: paths = [], runs, optimum }: ComparisonJob,
  reports: readonly NamedReport[],
): Promise<Parameters<typeof compareStoppably>[0]> {
  const { config, front } = reports[0]!.report;
  const preferences = front.points.map(({ preference }) => preference);
  const measured = await Promise.all(
    paths.map(async (path, index) => {
      const scores = await readJsonLines(path, Score);
      const unguided = scores.every(({ preference }) => preference === null);
      const { method, seed } = runs?.[index] ?? { method: names[index]!, seed: unguided ? null : 0 };
      return { method, seed, scores: unguided ? constantFront(scores, preferences) : scores };
    }),
  );
  const methods = [...Map.groupBy(measured, ({ method }) => method)].map(([name, own]): MethodScores => ({
    name,
    runs: own,
  }));
  const best = optimum && { optimum: tinyWorldOptimum(measured[0]!.scores, preferences) };
  return [methods, config, best];
}

function checkCounts({ names, reports, scores, runs }: ComparisonJob): void {
  if (names.length !== reports.length)
    throw new UniArmError(
      "comparison-names",
      `There are ${reports.length} reports and ${names.length} names. Give each report its name, in their order.`,
    );
  for (const [what, list] of Object.entries({ scores, runs }))
    if (list && list.length !== reports.length)
      throw new UniArmError(
        "comparison-names",
        `There are ${reports.length} reports and ${list.length} ${what}. Give each report its own, in their order, or leave ${what} out.`,
      );
}
