import { quoted, UniArmError } from "@uniarm/core/schema";
import { cursorOf, readCursor } from "../cursor.ts";
import { poolOf, type Database } from "../database.ts";
import type { DesiredState, RunState } from "../generated/enums.ts";
import { fieldOf, type Field, type Statement } from "./fields.ts";
import { filterSql, parseFilter } from "./filter.ts";

export interface ListRuns {
  projectId?: string | undefined;
  /** see `Filter` */
  filter?: string | undefined;
  /** of times in the filter that have no offset; UTC where none is given */
  zone?: string | undefined;
  /** a field, - before it: descending */
  sort?: string | undefined;
  /** further fields to give */
  columns?: readonly string[] | undefined;
  /** children of this run; null: runs without a parent; default: both */
  parentId?: string | null | undefined;
  archived?: boolean | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
}

/** A run in a list. Nothing here is read from histories. */
export interface RunSummary {
  id: string;
  projectId: string;
  kind: string;
  name: string;
  state: RunState;
  desiredState: DesiredState;
  reason: string;
  tags: string[];
  labels: string[];
  /** of a study: its children */
  progress: { phase: string; done: number; total: number; unit: string } | null;
  group: string | null;
  parentId: string | null;
  parentName: string | null;
  cachedFromId: string | null;
  attemptCount: number;
  createdBy: string;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  archivedAt: Date | null;
  columns: Record<string, unknown>;
}

const SUMMARY = `r.id, r."projectId", r.kind, r.name, r.state, r."desiredState", r.reason, r.tags, r.labels, r."parentId", r."cachedFromId",
  r."attemptCount", r."createdBy", r."createdAt", r."startedAt", r."endedAt", r."archivedAt",
  (SELECT e.name FROM "Group" e WHERE e.id = r."groupId") AS "group",
  (SELECT p.name FROM "Run" p WHERE p.id = r."parentId") AS "parentName",
  CASE WHEN r.kind IN ('study', 'sweep') THEN (
    SELECT jsonb_build_object('phase', 'runs', 'unit', 'runs', 'total', count(*), 'done', count(*) FILTER (WHERE c."endedAt" IS NOT NULL))
    FROM "Run" c WHERE c."parentId" = r.id AND c."deletedAt" IS NULL) ELSE r.progress END AS progress`;

const CASTS: Record<Field["type"], string> = {
  text: "text",
  list: "text[]",
  time: "timestamptz",
  number: "float8",
  json: "jsonb",
};

/**
 * A page of runs, filtered and sorted. Runs without a value for the sort come last.
 * @throws UniArmError filter-invalid, cursor-invalid
 */
export async function listRuns(
  db: Database,
  query: ListRuns,
): Promise<{ runs: RunSummary[]; nextCursor: string | null }> {
  const {
    projectId,
    filter = "",
    zone = "UTC",
    sort = "-created",
    columns = [],
    parentId,
    archived = false,
    limit = 50,
  } = query;
  const values: unknown[] = [];
  const parameter: Statement["parameter"] = (value) => `$${values.push(value)}`;
  // a metric that decides about all runs is joined; one that is only shown is looked up for the page's rows
  const joined = new Map<string, string>();
  /** metrics that a field without quotes may mean instead, and what it is taken for */
  const others = new Map<string, string>();
  const doubtful = (key: string, summary: string, other: string | null): void => {
    if (other !== null) others.set(other, `${quoted(key)}.${summary}`);
  };
  const statement: Statement = {
    parameter,
    zone,
    metric: (key, summary, other) => {
      doubtful(key, summary, other);
      if (!joined.has(key)) joined.set(key, parameter(key));
      return `m${[...joined.keys()].indexOf(key)}.${summary}`;
    },
  };
  const lookups: Statement = {
    parameter,
    zone,
    metric: (key, summary, other) => {
      doubtful(key, summary, other);
      return `(SELECT s.${summary} FROM "MetricSeries" s WHERE s."runId" = r.id AND s.key = ${parameter(key)})`;
    },
  };
  const descending = sort.startsWith("-");
  const field = fieldOf(descending ? sort.slice(1) : sort);
  if (field.type === "list")
    throw new UniArmError("filter-invalid", `A run has several of "${field.name}": the list cannot be sorted by it.`);
  const key = field.sql(statement);
  const conditions = [
    `r."deletedAt" IS NULL`,
    `r."archivedAt" IS ${archived ? "NOT NULL" : "NULL"}`,
    ...(projectId === undefined ? [] : [`r."projectId" = ${parameter(projectId)}`]),
    ...(parentId === undefined
      ? []
      : [parentId === null ? `r."parentId" IS NULL` : `r."parentId" = ${parameter(parentId)}`]),
    filterSql(parseFilter(filter), statement),
    ...(query.cursor === undefined ? [] : [afterCursor(query.cursor, { field, key, descending }, parameter)]),
  ];
  const direction = descending ? "DESC" : "ASC";
  const shown = columns.flatMap((name) => [`${parameter(name)}::text`, `to_jsonb(${fieldOf(name).sql(lookups)})`]);
  const joins = [...joined.values()].map(
    (placeholder, index) =>
      `LEFT JOIN "MetricSeries" m${index} ON m${index}."runId" = r.id AND m${index}.key = ${placeholder}`,
  );
  await refuseDoubtful(db, others, projectId);
  // the page first: what it shows is looked up for its rows alone
  const { rows } = await poolOf(db).query<RunSummary & { sortKey: unknown }>(
    `WITH page AS (
       SELECT r.id, ${key} AS "sortKey" FROM "Run" r ${joins.join(" ")} WHERE ${conditions.join(" AND ")}
       ORDER BY ${key} ${direction}${field.total ? "" : " NULLS LAST"}, r.id ${direction} LIMIT ${parameter(limit + 1)}
     )
     SELECT ${SUMMARY}, page."sortKey", jsonb_build_object(${shown.join(", ")}) AS columns
     FROM page JOIN "Run" r ON r.id = page.id
     ORDER BY page."sortKey" ${direction}${field.total ? "" : " NULLS LAST"}, r.id ${direction}`,
    values,
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    runs: page.map(({ sortKey: _, ...run }) => run),
    nextCursor: rows.length > limit && last ? cursorOf([cursorValue(field, last.sortKey), last.id]) : null,
  };
}

/** A metric can be called reward.max: then metric.reward.max is two things, and a list of the wrong one looks like the right one. */
async function refuseDoubtful(
  db: Database,
  others: ReadonlyMap<string, string>,
  projectId: string | undefined,
): Promise<void> {
  if (others.size === 0) return;
  const { rows } = await poolOf(db).query<{ key: string }>(
    `SELECT s.key FROM "MetricSeries" s JOIN "Run" r ON r.id = s."runId"
     WHERE s.key = ANY ($1) AND r."deletedAt" IS NULL AND ($2::text IS NULL OR r."projectId" = $2) LIMIT 1`,
    [[...others.keys()], projectId ?? null],
  );
  const [found] = rows;
  if (found)
    throw new UniArmError(
      "filter-invalid",
      `"metric.${found.key}" can mean two things here, for there is a metric of that name. Write metric.${quoted(found.key)} for it, or metric.${others.get(found.key)} for the other.`,
    );
}

function cursorValue({ type }: Field, value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (type === "json") return JSON.stringify(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value); // JSON has no infinities
  return value as string | number;
}

/** Rows behind the last one of the page before, in the order of the list. */
function afterCursor(
  cursor: string,
  { field, key, descending }: { field: Field; key: string; descending: boolean },
  parameter: Statement["parameter"],
): string {
  const [value = null, id] = readCursor(cursor, 2);
  const behind = descending ? "<" : ">";
  const last = `${parameter(id)}::text`;
  if (value === null) return `(${key} IS NULL AND r.id ${behind} ${last})`;
  const edge = `${parameter(value)}::${CASTS[field.type]}`;
  const rest = field.total ? "" : ` OR ${key} IS NULL`;
  return `((${key}, r.id) ${behind} (${edge}, ${last})${rest})`;
}
