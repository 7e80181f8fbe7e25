import { fieldLabel } from "@uniarm/pipeline/schema";
import type { RunRow } from "../../api/types.ts";
import { Badge } from "../../components/badge.tsx";
import { Duration } from "../../components/duration.tsx";
import { Progress } from "../../components/progress.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { numberText } from "../../text/number.ts";
import type { ColumnWidths } from "./column-widths.ts";
import { termOf } from "./filter-terms.ts";

export interface RunColumn {
  name: string;
  label: string;
  widthPx: number;
  /** name of the field that the server sorts by; null: not sorted by it */
  sort: string | null;
  numeric?: boolean;
  /** comparisons of a filter that only runs like this one pass: pressing the cell asks for them */
  terms?: (run: RunRow) => string[];
  cell: (run: RunRow) => React.ReactNode;
}

const termsOf = (field: string, value: unknown): string[] => {
  const term = termOf(field, value);
  return term === null ? [] : [term];
};

const text = (value: string) => (
  <span className="block truncate" title={value}>
    {value}
  </span>
);

/** Columns that every run has; the name stands before them and always. */
export const FIXED_COLUMNS: readonly RunColumn[] = [
  {
    name: "state",
    label: "State",
    widthPx: 128,
    sort: "state",
    terms: ({ state }) => termsOf("state", state),
    cell: ({ state, desiredState }) => (
      <StateBadge state={state} stopping={state === "RUNNING" && desiredState === "CANCEL"} />
    ),
  },
  {
    name: "kind",
    label: "Kind",
    widthPx: 110,
    sort: "kind",
    terms: ({ kind }) => termsOf("kind", kind),
    cell: ({ kind }) => text(kind),
  },
  {
    name: "progress",
    label: "Progress",
    widthPx: 210,
    sort: null,
    cell: ({ progress, name }) => <Progress progress={progress} label={`Progress of ${name}`} />,
  },
  { name: "reason", label: "Reason", widthPx: 240, sort: null, cell: ({ reason }) => text(reason) },
  {
    name: "tags",
    label: "Tags",
    widthPx: 180,
    sort: null,
    terms: ({ tags }) => tags.flatMap((tag) => termsOf("tag", tag)),
    cell: ({ tags }) => tags.map((tag) => <Badge key={tag}>{tag}</Badge>),
  },
  {
    name: "group",
    label: "Group",
    widthPx: 160,
    sort: "group",
    terms: ({ group }) => termsOf("group", group),
    cell: ({ group }) => text(group ?? ""),
  },
  {
    name: "created",
    label: "Created",
    widthPx: 120,
    sort: "created",
    cell: ({ createdAt }) => <RelativeTime time={createdAt} />,
  },
  {
    name: "ended",
    label: "Ended",
    widthPx: 120,
    sort: "ended",
    cell: ({ endedAt }) => <RelativeTime time={endedAt} />,
  },
  {
    name: "seconds",
    label: "Duration",
    widthPx: 120,
    sort: "seconds",
    numeric: true,
    cell: ({ startedAt, endedAt }) => <Duration from={startedAt} to={endedAt} />,
  },
  {
    name: "attempts",
    label: "Attempts",
    widthPx: 96,
    sort: "attempts",
    numeric: true,
    cell: ({ attemptCount }) => attemptCount,
  },
  {
    name: "by",
    label: "By",
    widthPx: 130,
    sort: "by",
    terms: ({ createdBy }) => termsOf("by", createdBy),
    cell: ({ createdBy }) => text(createdBy),
  },
  {
    name: "id",
    label: "Id",
    widthPx: 130,
    sort: "id",
    cell: ({ id }) => <code className="font-mono text-xs">{id}</code>,
  },
];

export const DEFAULT_COLUMNS = ["state", "kind", "progress", "tags", "created", "seconds"];

const isOfConfigOrMetric = (name: string): boolean => /^(config|metric)\../.test(name);

/** A setting of the config, or the last value of a metric. */
function ownColumn(name: string): RunColumn {
  const label = fieldLabel(name);
  return {
    name,
    label,
    widthPx: Math.min(260, Math.max(110, 36 + label.length * 7.5)),
    sort: name,
    numeric: name.startsWith("metric."),
    ...(name.startsWith("config.") ? { terms: ({ columns }) => termsOf(name, columns[name]) } : {}),
    cell: ({ columns }) => valueText(columns[name]),
  };
}

function valueText(value: unknown): React.ReactNode {
  if (value === null || value === undefined) return <span className="text-muted">–</span>;
  if (typeof value === "number") return <span className="tabular-nums">{numberText(value)}</span>;
  return text(typeof value === "string" ? value : JSON.stringify(value));
}

/** Columns by their names, as wide as the reader has them; unknown ones are left out. */
export const columnsOf = (names: readonly string[], widths: ColumnWidths = new Map()): RunColumn[] =>
  names.flatMap((name) => {
    const column =
      FIXED_COLUMNS.find((one) => one.name === name) ?? (isOfConfigOrMetric(name) ? ownColumn(name) : null);
    return column === null ? [] : [{ ...column, widthPx: widths.get(name) ?? column.widthPx }];
  });

/** What the server is asked for besides. */
export const askedColumns = (names: readonly string[]): string | undefined => {
  const own = names.filter(isOfConfigOrMetric);
  return own.length === 0 ? undefined : own.join(",");
};
