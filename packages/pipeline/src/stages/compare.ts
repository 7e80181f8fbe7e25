import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "@uniarm/core";
import { EvaluationReport } from "@uniarm/core/schema";
import { compareFronts } from "@uniarm/eval";
import { z } from "zod";
import { ComparisonJob } from "../schema/jobs.ts";
import type { StageContext, StageEvent } from "./stage.ts";

const ReportFile = z.object({ report: EvaluationReport });

/** Fronts of one protocol side by side -> comparison.json. */
export async function* compareStage(given: unknown, { place }: StageContext): AsyncGenerator<StageEvent> {
  const { names, reports: paths } = ComparisonJob.parse(given);
  const reports = await Promise.all(
    paths.map(async (path, index) => ({
      name: names[index] ?? `front ${index + 1}`,
      report: ReportFile.parse(JSON.parse(await readFile(path, "utf8"))).report,
    })),
  );
  const comparison = compareFronts(reports);
  const file = place("comparison.json");
  await writeFileAtomically(file, `${JSON.stringify(comparison, null, 2)}\n`);
  yield { type: "artifact", name: "comparison", count: comparison.length, files: { "comparison.json": file } };
  yield { type: "ended", end: "SUCCEEDED", reason: `${comparison.length} fronts` };
}
