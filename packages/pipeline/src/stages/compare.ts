import { writeFileAtomically } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { compareFronts } from "@uniarm/eval";
import { readReport } from "../read-report.ts";
import { ComparisonJob } from "../schema/jobs.ts";
import type { StageContext, StageEvent } from "./stage.ts";

/** Fronts of one protocol side by side -> comparison.json. */
export async function* compareStage(given: unknown, { place }: StageContext): AsyncGenerator<StageEvent> {
  const { names, reports: paths } = ComparisonJob.parse(given);
  if (names.length !== paths.length)
    throw new UniArmError(
      "comparison-names",
      `There are ${paths.length} reports and ${names.length} names. Give each report its name, in their order.`,
    );
  const read = await Promise.all(paths.map(readReport));
  const reports = read.map(({ report }, index) => ({ name: names[index]!, report }));
  const comparison = compareFronts(reports);
  const file = place("comparison.json");
  await writeFileAtomically(file, `${JSON.stringify(comparison, null, 2)}\n`);
  yield { type: "artifact", name: "comparison", count: comparison.length, files: { "comparison.json": file } };
  yield { type: "ended", end: "SUCCEEDED", reason: `${comparison.length} fronts` };
}
