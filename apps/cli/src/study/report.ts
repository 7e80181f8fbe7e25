import { basename, join, relative, resolve } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { formatTable, type ComparedPairs } from "@uniarm/eval";
import { writeStudyReport } from "@uniarm/pipeline";

import type { CommandContext } from "../command-context.ts";
import { EXIT } from "../exit-codes.ts";
import { silentProgress, terminalProgress } from "../progress.ts";

export interface ReportFlags {
  output?: string;
  title?: string;
  json?: boolean;
}

/** Writes a study's report and prints its first table. @throws UniArmError as `writeStudyReport` does */
export async function reportStudy(
  folder: string,
  flags: ReportFlags,
  { signal, setExitCode }: CommandContext,
): Promise<void> {
  const output = flags.output ?? join(folder, "report");
  const title = flags.title ?? basename(resolve(folder));
  const progress = flags.json ? silentProgress : terminalProgress();
  const onProgress = ({ done, total }: ComparedPairs): void =>
    progress.update("compare methods", done, total, "pairs of methods");
  const written = await writeStudyReport(folder, output, { title, signal, onProgress })
    .catch((error: unknown) => {
      if (!(error instanceof UniArmError) || error.code !== "report-stopped") throw error;
      process.stderr.write(`${error.message}\n`);
      setExitCode(EXIT.interrupted);
      return null;
    })
    .finally(() => {
      progress.close();
    });
  if (!written) return;
  const { report, tables, files } = written;
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
