import { Readable } from "node:stream";
import { UniArmError } from "@uniarm/core/schema";
import { listRuns, type ListRuns, type RunSummary } from "@uniarm/db";
import { stringify } from "csv-stringify/sync";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Services } from "../context.ts";
import { listOf, RunsAsked } from "../runs-asked.ts";
import { AccessRefused, type Identify } from "./access.ts";

const PAGE = 500;

type Cell = string | number | Date | null;

/** Of every run; the columns that are asked for come behind. */
const FIXED: readonly [string, (run: RunSummary) => Cell][] = [
  ["id", ({ id }) => id],
  ["name", ({ name }) => name],
  ["study", ({ parentName }) => parentName],
  ["kind", ({ kind }) => kind],
  ["state", ({ state }) => state],
  ["reason", ({ reason }) => reason],
  ["tags", ({ tags }) => tags.join(" ")],
  ["group", ({ group }) => group],
  ["attempts", ({ attemptCount }) => attemptCount],
  ["by", ({ createdBy }) => createdBy],
  ["created", ({ createdAt }) => createdAt],
  ["started", ({ startedAt }) => startedAt],
  ["ended", ({ endedAt }) => endedAt],
];

/** `GET /api/runs.csv`: every run that a filter finds, for a spreadsheet, page by page while it is sent. */
export function addRunsCsv(server: FastifyInstance, { db }: Services, identify: Identify): void {
  server.get("/api/runs.csv", async (request, reply) => {
    if (!(await identify(request))) throw new AccessRefused(401, "A key is needed: send `Authorization: Bearer KEY`.");
    const list = await listOf(db, askedOf(request.query));
    const pageAfter = (cursor?: string) => listRuns(db, { ...list, cursor, limit: PAGE });
    const first = await pageAfter(); // a refusal is not a stream
    return reply
      .headers({
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": 'attachment; filename="runs.csv"',
        "cache-control": "no-store",
      })
      .send(Readable.from(partsOf(list.columns ?? [], first, pageAfter), { objectMode: false }));
  });
}

type Page = Awaited<ReturnType<typeof listRuns>>;

async function* partsOf(
  columns: NonNullable<ListRuns["columns"]>,
  first: Page,
  pageAfter: (cursor: string) => Promise<Page>,
): AsyncGenerator<string> {
  yield csv([[...FIXED.map(([name]) => name), ...columns]]);
  for (let page = first; ;) {
    yield csv(page.runs.map((run) => cellsOf(run, columns)));
    if (page.nextCursor === null) return;
    page = await pageAfter(page.nextCursor);
  }
}

const cellsOf = (run: RunSummary, columns: readonly string[]): Cell[] => [
  ...FIXED.map(([, cell]) => cell(run)),
  ...columns.map((name) => ownCell(run.columns[name])),
];

/** A setting or a metric; what is neither text nor number is written as JSON. */
function ownCell(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  return typeof value === "string" || typeof value === "number" ? value : JSON.stringify(value);
}

/** What a run was named by somebody becomes no formula in a spreadsheet: an apostrophe comes before =, +, -, @ and tab. */
const csv = (rows: Cell[][]): string =>
  stringify(rows, {
    record_delimiter: "windows",
    escape_formulas: true,
    quoted_match: /[\r\n]/, // by itself it quotes the record delimiter only
    cast: { date: (value) => value.toISOString() },
  });

/** @throws UniArmError input-invalid */
function askedOf(query: unknown): RunsAsked {
  const parsed = RunsAsked.safeParse(query);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new UniArmError("input-invalid", `The request does not fit: ${problems.join("; ")}. See /api/openapi.json.`);
}

/** How the OpenAPI document describes it. */
export const RUNS_CSV_PATH = {
  "/runs.csv": {
    get: {
      operationId: "runs-csv",
      summary: "Every run that a filter finds, as CSV",
      description:
        "RFC 4180, with a header. Text that a spreadsheet would take for a formula begins with an apostrophe.",
      tags: ["runs"],
      security: [{ Authorization: [] }],
      parameters: Object.entries(z.toJSONSchema(RunsAsked, { io: "input" }).properties ?? {}).map(([name, schema]) => ({
        name,
        in: "query",
        schema,
      })),
      responses: { 200: { description: "Rows", content: { "text/csv": { schema: { type: "string" } } } } },
    },
  },
};
