import { quoted, unquoted } from "@uniarm/core/schema";

/** What a metric's history is summed up as. */
export const METRIC_SUMMARIES = ["last", "min", "max", "count"] as const;
export type MetricSummary = (typeof METRIC_SUMMARIES)[number];

/** What `metric.…` of a filter, a sort or a column means. */
export interface MetricField {
  key: string;
  summary: MetricSummary;
  /** without quotes it can also be the metric of this name */
  other: string | null;
}

const PART = /((?:[^."]|"(?:[^"\\]|\\.)*")*)(\.|$)/sy;

/** Parts of a path with dots between them; dots in quotes separate nothing. Null: a quote is not closed. */
export function partsOf(path: string): string[] | null {
  const parts: string[] = [];
  PART.lastIndex = 0;
  for (;;) {
    const [whole, part, end] = PART.exec(path) ?? [];
    if (whole === undefined) return null;
    parts.push(part!);
    if (end === "") return parts;
  }
}

const isSummary = (text: string | undefined): text is MetricSummary =>
  METRIC_SUMMARIES.some((summary) => summary === text);

/** Reads what stands behind `metric.`: KEY, KEY.max, "KEY" or "KEY".max. Null: it names none. */
export function metricField(path: string): MetricField | null {
  const parts = partsOf(path);
  if (!parts || path === "") return null;
  const last = parts.at(-1);
  const summed = parts.length > 1 && isSummary(last);
  const own = summed ? parts.slice(0, -1) : parts;
  const key = own.map(unquoted).join(".");
  if (key === "") return null;
  const isPlain = !path.includes('"');
  return { key, summary: summed ? last : "last", other: summed && isPlain ? path : null };
}

/** How a filter, a sort or a column names a metric. */
export function metricName(key: string): string {
  const isPlain = !/[\s"=<>~(),\\]/.test(key) && metricField(key)?.key === key;
  return `metric.${isPlain ? key : quoted(key)}`;
}

/** The metric or setting that a field names, as people read it. */
export function fieldLabel(name: string): string {
  if (!name.startsWith("metric.")) return name.replace(/^config\./, "");
  const field = metricField(name.slice("metric.".length));
  if (!field) return name;
  return field.summary === "last" ? field.key : `${field.key} (${field.summary})`;
}
