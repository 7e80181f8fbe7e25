import { afterAll, beforeAll, expect, test } from "vitest";
import { launchRun } from "@uniarm/db";
import { poolOf } from "@uniarm/db/testing";
import { serving, type Serving } from "./serving.ts";

const MANY = 1203;
let api: Serving;
beforeAll(async () => {
  api = await serving();
  const { db, projectId } = api;
  const one = await launchRun(db, { projectId, kind: "sleep", name: "first", config: { steps: 2 } });
  // runs of one moment: pages must not lose any
  await poolOf(db).query(
    `INSERT INTO "Run" (id, "projectId", kind, name, state, config, "configHash", "inputHash", tags)
     SELECT 'many' || n, "projectId", 'sleep', 'run ' || n, 'SUCCEEDED', jsonb_build_object('steps', -n), 'x', 'x', ARRAY['many']
     FROM "Run", generate_series(1, $2::int) n WHERE id = $1`,
    [one, MANY],
  );
});
afterAll(async () => api.close());

async function csv(query: Record<string, string>): Promise<{ status: number; text: string; headers: Headers }> {
  const answer = await fetch(`${api.url}/api/runs.csv?${new URLSearchParams(query).toString()}`, {
    headers: { authorization: `Bearer ${api.keys.read}` },
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

const HEADER = "id,name,study,kind,state,reason,tags,group,attempts,by,created,started,ended";

test("all runs that a filter finds are written, each once, in the list's order", async () => {
  const { text, headers } = await csv({ filter: "tag = many", sort: "config.steps", columns: "config.steps" });
  expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(headers.get("content-disposition")).toBe('attachment; filename="runs.csv"');
  const lines = text.split("\r\n");
  expect(lines[0]).toBe(`${HEADER},config.steps`);
  expect(lines.at(-1)).toBe("");
  const rows = lines.slice(1, -1).map((line) => line.split(","));
  expect(rows.map((row) => Number(row.at(-1)))).toEqual(Array.from({ length: MANY }, (_, index) => index - MANY));
  expect(new Set(rows.map(([id]) => id)).size).toBe(MANY);
});

test.each([
  ["=1+1", "'=1+1"],
  ["+1", "'+1"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ["two\nlines, and a comma", '"two\nlines, and a comma"'],
])("a run called %j is text in a spreadsheet", async (name, written) => {
  const { db, projectId } = api;
  const id = await launchRun(db, { projectId, kind: "sleep", name, config: {} });
  const { text } = await csv({ filter: `id = ${id}` });
  expect(text.startsWith(`${HEADER}\r\n${id},${written},,sleep,QUEUED,`)).toBe(true);
});

test("numbers stay numbers, and structures are JSON", async () => {
  await poolOf(api.db).query(
    `UPDATE "Run" SET config = '{"rate": -0.5, "list": [1, "a,b"], "text": "-x"}' WHERE id = 'many1'`,
  );
  const { text } = await csv({ filter: "id = many1", columns: "config.rate,config.list,config.text,config.missing" });
  expect(text.trimEnd().endsWith(`,-0.5,"[1,""a,b""]",'-x,`)).toBe(true);
});

test("a list of nothing is its header", async () => {
  expect((await csv({ filter: "nowhere" })).text).toBe(`${HEADER}\r\n`);
});

test.each([
  [{ filter: "loss > 1" }, 400, /Runs have no .{1,4}loss/],
  [{ project: "nowhere" }, 404, /nowhere/],
  [{ filter: "x".repeat(3000) }, 400, /The request does not fit: filter/],
])("what cannot be read is refused before anything is sent: %j", async (query, status, sentence) => {
  const answer = await csv(query);
  expect(answer.text).toMatch(sentence);
  expect(answer.status).toBe(status);
});

test("nobody reads it without a key", async () => {
  expect((await fetch(`${api.url}/api/runs.csv`)).status).toBe(401);
});
