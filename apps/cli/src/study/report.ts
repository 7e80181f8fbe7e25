import { basename, join, relative, resolve } from "node:path";
import { formatTable } from "@uniarm/eval";
import { writeStudyReport } from "@uniarm/pipeline";

export interface ReportFlags {
  output?: string;
  title?: string;
  json?: boolean;
}

/** Writes a study's report and prints its first table. @throws UniArmError as `writeStudyReport` does */
export async function reportStudy(folder: string, flags: ReportFlags): Promise<void> {
  const output = flags.output ?? join(folder, "report");
  const title = flags.title ?? basename(resolve(folder));
  const { report, tables, files } = await writeStudyReport(folder, output, { title });
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ type: "study-report", files, ...report })}\n`);
    return;
  }
  const { heading, rows, notes } = tables[0]!;
  const names = files.map((file) => relative(output, file)).join(", ");
  process.stdout.write(
    `${formatTable(heading, rows, "text")}\n\n${notes.join(" ")}\n${relative(process.cwd(), output) || output}/: ${names}\n`,
  );
}
