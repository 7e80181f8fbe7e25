import { UniArmError, unquoted } from "@uniarm/core/schema";
import { JobKind, metricField, partsOf, type MetricSummary } from "@uniarm/pipeline/schema";
import { RunState } from "../generated/enums.ts";

/** The statement that an expression becomes part of. */
export interface Statement {
  /** Adds a value and gives its placeholder: no text of a user ever becomes SQL. */
  parameter: (value: unknown) => string;
  /** in which times without an offset are meant */
  zone: string;
  /** A summary of one of the run's metrics; `other` is the metric that may be meant instead. */
  metric: (key: string, summary: MetricSummary, other: string | null) => string;
}

/** What a filter, a sort or a column may name, as an expression over the alias `r` of "Run". */
export interface Field {
  name: string;
  type: "text" | "list" | "time" | "number" | "json";
  sql: (statement: Statement) => string;
  /** whether every run has it */
  total?: boolean;
  /** all that it can be, where these are few */
  values?: readonly string[];
  /** what values were called before */
  renamed?: Readonly<Record<string, string>>;
}

export type Operator = "=" | "!=" | "~" | "<" | "<=" | ">" | ">=";

/** What a field of a type is compared by. */
export const OPERATORS: Record<Field["type"], readonly Operator[]> = {
  text: ["=", "!=", "~"],
  list: ["=", "!=", "~"],
  time: ["<", "<=", ">", ">="],
  number: ["=", "!=", "<", "<=", ">", ">="],
  json: ["=", "!=", "~", "<", "<=", ">", ">="],
};

const text = (name: string, sql: string, total = false): Field => ({ name, type: "text", sql: () => sql, total });
const time = (name: string, sql: string, total = false): Field => ({ name, type: "time", sql: () => sql, total });
const list = (name: string, sql: string): Field => ({ name, type: "list", sql: () => sql });
const number = (name: string, sql: string): Field => ({ name, type: "number", sql: () => sql });

export const FIELDS: readonly Field[] = [
  text("id", `r.id`, true),
  text("name", `r.name`, true),
  { ...text("kind", `r.kind`, true), values: JobKind.options, renamed: { experiment: "study" } },
  { ...text("state", `r.state::text`, true), values: Object.values(RunState) },
  text("reason", `r.reason`, true),
  text("notes", `r.notes`, true),
  text("by", `r."createdBy"`, true),
  text("parent", `r."parentId"`),
  text("protocol", `r."protocolHash"`),
  text("commit", `r."launchedFrom" #>> '{git,commit}'`),
  text("group", `(SELECT e.name FROM "Group" e WHERE e.id = r."groupId")`),
  list("tag", `r.tags`),
  list("label", `r.labels`),
  time("created", `r."createdAt"`, true),
  time("started", `r."startedAt"`),
  time("ended", `r."endedAt"`),
  number("seconds", `extract(epoch FROM coalesce(r."endedAt", now()) - r."startedAt")::float8`),
  number("attempts", `r."attemptCount"`),
  number("priority", `r.priority`),
  number("position", `r.position`),
];

/** What fields were called before: saved filters may still say it. */
const RENAMED: Readonly<Record<string, string>> = { experiment: "group" };

export const ABOUT_QUOTES = `Names with blanks or marks go in quotes: metric."f1 score" > 0.5`;

/** The field of a name: a column, `config.PATH` or `metric.KEY` (its last value; `.min`, `.max`, `.count` for others), with quotes around what has marks. @throws UniArmError filter-invalid */
export function fieldOf(name: string): Field {
  const fixed = FIELDS.find((field) => field.name === name);
  if (fixed) return fixed;
  if (name.startsWith("config.")) {
    const path = partsOf(name.slice("config.".length));
    if (path?.every((part) => part !== ""))
      return { name, type: "json", sql: ({ parameter }) => `(r.config #> ${parameter(path.map(unquoted))}::text[])` };
  }
  const asked = name.startsWith("metric.") ? metricField(name.slice("metric.".length)) : null;
  if (asked) {
    const { key, summary, other } = asked;
    // NaN would be larger than everything
    return { name, type: "number", sql: ({ metric }) => `nullif(${metric(key, summary, other)}::float8, 'NaN')` };
  }
  const now = RENAMED[name];
  if (now !== undefined) throw new UniArmError("filter-invalid", `"${name}" is called "${now}" now.`);
  throw new UniArmError(
    "filter-invalid",
    `Runs have no "${name}". They have ${FIELDS.map((field) => field.name).join(", ")}, config.PATH and metric.KEY. ${ABOUT_QUOTES}`,
  );
}
