import { UniArmError } from "@uniarm/core/schema";
import { JobKind } from "@uniarm/pipeline/schema";
import { RunState } from "../generated/enums.ts";

/** The statement that an expression becomes part of. */
export interface Statement {
  /** Adds a value and gives its placeholder: no text of a user ever becomes SQL. */
  parameter: (value: unknown) => string;
  /** A summary of one of the run's metrics. */
  metric: (key: string, summary: Summary) => string;
}

export type Summary = (typeof SUMMARIES)[number];

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

const text = (name: string, sql: string, total = false): Field => ({ name, type: "text", sql: () => sql, total });
const time = (name: string, sql: string, total = false): Field => ({ name, type: "time", sql: () => sql, total });
const list = (name: string, sql: string): Field => ({ name, type: "list", sql: () => sql });
const number = (name: string, sql: string): Field => ({ name, type: "number", sql: () => sql });

const FIXED: readonly Field[] = [
  text("id", `r.id`, true),
  text("name", `r.name`, true),
  { ...text("kind", `r.kind`, true), values: JobKind.options, renamed: { experiment: "study" } },
  { ...text("state", `r.state::text`, true), values: Object.values(RunState) },
  text("reason", `r.reason`, true),
  text("notes", `r.notes`, true),
  text("by", `r."createdBy"`, true),
  text("parent", `r."parentId"`),
  text("protocol", `r."protocolHash"`),
  text("group", `(SELECT e.name FROM "Group" e WHERE e.id = r."groupId")`),
  list("tag", `r.tags`),
  list("label", `r.labels`),
  time("created", `r."createdAt"`, true),
  time("started", `r."startedAt"`),
  time("ended", `r."endedAt"`),
  number("seconds", `extract(epoch FROM coalesce(r."endedAt", now()) - r."startedAt")::float8`),
  number("attempts", `r."attemptCount"`),
  number("priority", `r.priority`),
];

/** What fields were called before: saved filters may still say it. */
const RENAMED: Readonly<Record<string, string>> = { experiment: "group" };

const SUMMARIES = ["last", "min", "max", "count"] as const;

/** The field of a name: a column, `config.PATH` or `metric.KEY` (its last value; `.min`, `.max`, `.count` for others). @throws UniArmError filter-invalid */
export function fieldOf(name: string): Field {
  const fixed = FIXED.find((field) => field.name === name);
  if (fixed) return fixed;
  const [scheme, ...path] = name.split(".");
  const isWhole = path.length > 0 && path.every((part) => part !== "");
  if (scheme === "config" && isWhole)
    return { name, type: "json", sql: ({ parameter }) => `(r.config #> ${parameter(path)}::text[])` };
  if (scheme === "metric" && isWhole) {
    const named = path.length > 1 ? SUMMARIES.find((one) => one === path.at(-1)) : undefined;
    const key = (named ? path.slice(0, -1) : path).join(".");
    // NaN would be larger than everything
    return { name, type: "number", sql: ({ metric }) => `nullif(${metric(key, named ?? "last")}::float8, 'NaN')` };
  }
  const now = RENAMED[name];
  if (now !== undefined) throw new UniArmError("filter-invalid", `"${name}" is called "${now}" now.`);
  throw new UniArmError(
    "filter-invalid",
    `Runs have no "${name}". They have ${FIXED.map((field) => field.name).join(", ")}, config.PATH and metric.KEY.`,
  );
}
