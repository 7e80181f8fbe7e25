import { MetricKey, REPORT_LIMITS, RelativePath, UniArmError } from "@uniarm/core/schema";
import { JobReport } from "@uniarm/pipeline/schema";

/** What a line of a job says, cut to what the server takes, and what was cut away. */
export interface Fitted {
  report: JobReport | null;
  /** what is missing in the report, for the run's log */
  cuts: string[];
}

const NOTHING: Fitted = { report: null, cuts: [] };

/**
 * Reads a line that a job reports. What does not fit into the limits is cut, and each cut is told; a checkpoint or an
 * artifact is whole or nothing, since another run would go on from it.
 * @throws UniArmError report-too-large
 */
export function fitReport(line: string): Fitted {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // also one that the job's end cut short
    return line.trim() === ""
      ? NOTHING
      : { report: null, cuts: [`A message of the job could not be read: ${shown(line)}`] };
  }
  const { value: named, cuts: nameCuts } = withoutLongNames(value);
  refuseFiles(named);
  const parsed = JobReport.safeParse(named);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join(".");
    return {
      report: null,
      cuts: [
        ...nameCuts,
        `A message of the job was not kept: ${where ? `${where}: ` : ""}${issue?.message}. It began: ${shown(line)}`,
      ],
    };
  }
  const { report, cuts } = cut(parsed.data, line.length);
  return { report, cuts: [...nameCuts, ...cuts] };
}

function cut(report: JobReport, size: number): Fitted {
  const cuts: string[] = [];
  const short = (text: string, most: number, what: string): string => {
    if (text.length <= most) return text;
    cuts.push(`${what} has ${text.length} characters; the first ${most} are kept.`);
    return text.slice(0, most);
  };
  const { text, progress, unit, code, reportBytes } = REPORT_LIMITS;
  if (report.type === "progress")
    return {
      report: {
        ...report,
        phase: short(report.phase, progress, "The phase of the progress"),
        unit: short(report.unit, unit, "The unit of the progress"),
      },
      cuts,
    };
  if (report.type === "notice")
    return {
      report: {
        ...report,
        code: report.code.slice(0, code),
        message: short(report.message, text, `The notice ${report.code.slice(0, code)}`),
      },
      cuts,
    };
  if (report.type === "ended")
    return { report: { ...report, reason: short(report.reason, text, "What the job said at its end") }, cuts };
  if (report.type === "report" && size > reportBytes)
    return {
      report: null,
      cuts: [
        `The report ${report.name} takes ${megabytes(size)} MB, at most ${megabytes(reportBytes)} MB can be shown: it has no front here, and is whole in the run's files.`,
      ],
    };
  return { report, cuts };
}

/** A metric whose name is too long is left out: a shorter name could be another one's. */
function withoutLongNames(value: unknown): { value: unknown; cuts: string[] } {
  const { type, values } = (value ?? {}) as { type?: unknown; values?: unknown };
  if (type !== "metric" || typeof values !== "object" || values === null) return { value, cuts: [] };
  const entries = Object.entries(values);
  const kept = entries.filter(([key]) => MetricKey.safeParse(key).success);
  if (kept.length === entries.length) return { value, cuts: [] };
  const left = entries.filter(([key]) => !MetricKey.safeParse(key).success).map(([key]) => key);
  return {
    value: { ...(value as object), values: Object.fromEntries(kept) },
    cuts: left.map(
      (key) => `The metric ${shown(key)} is not kept: its name has ${key.length} characters, and may have 1 to 200.`,
    ),
  };
}

function refuseFiles(value: unknown): void {
  const { type, name, files } = (value ?? {}) as { type?: unknown; name?: unknown; files?: unknown };
  if ((type !== "checkpoint" && type !== "artifact") || typeof files !== "object" || files === null) return;
  const what = type === "artifact" ? `The artifact ${shown(String(name))}` : "The checkpoint";
  const paths = Object.keys(files);
  if (paths.length === 0 || paths.length > REPORT_LIMITS.files)
    throw tooLarge(`${what} has ${paths.length} files; it may have 1 to ${REPORT_LIMITS.files}. Put them into fewer.`);
  const bad = paths.find((path) => !RelativePath.safeParse(path).success);
  if (bad !== undefined)
    throw tooLarge(
      `${what} has a file that cannot be kept: ${shown(bad)} (${bad.length} characters). Expected a relative path of letters, digits, . _ - of at most 500.`,
    );
  if (typeof name === "string" && name.length > REPORT_LIMITS.name)
    throw tooLarge(`${what} has a name of ${name.length} characters; it may have ${REPORT_LIMITS.name}.`);
}

const tooLarge = (sentence: string): UniArmError => new UniArmError("report-too-large", sentence);

const shown = (text: string): string => (text.length > 80 ? `"${text.slice(0, 80)}..."` : `"${text}"`);

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
