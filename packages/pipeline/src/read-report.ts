import { readFile } from "node:fs/promises";
import { EvaluationReport, UniArmError } from "@uniarm/core/schema";
import { z } from "zod";

/** The report.json of an evaluation: the front's name and its report. */
const ReportFile = z.object({ name: z.string(), report: EvaluationReport });
export type ReportFile = z.infer<typeof ReportFile>;

/** @throws UniArmError report-invalid for a file that cannot be read or is of another layout */
export async function readReport(path: string): Promise<ReportFile> {
  try {
    return ReportFile.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    const why =
      cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll(/\s*\n\s*/g, " ") : (cause as Error).message;
    throw new UniArmError(
      "report-invalid",
      `${path} is not the report of an evaluation: ${why}. It should be {"name", "report"}, as the evaluate stage writes it.`,
      { cause },
    );
  }
}
