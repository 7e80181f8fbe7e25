import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claim, launchRun, recordEvents } from "@uniarm/db";
import { numbered, poolOf, someWorker, temporaryDatabase, type TemporaryDatabase } from "@uniarm/db/testing";
import { markdownTable } from "../src/markdown.ts";
import { generate } from "../src/platform/generate.ts";
import { LONG_KEY, spreadOf, studiesOf } from "../src/platform/size.ts";
import { quantile } from "../src/platform/timing.ts";

const SIZE = { runs: 60, keys: 5, points: 20_000 };

let temporary: TemporaryDatabase;
beforeAll(async () => {
  temporary = await temporaryDatabase();
  await generate(temporary.db, SIZE, () => undefined);
});
afterAll(async () => temporary.close());

const query = async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await poolOf(temporary.db).query<Row>(sql, values)).rows;

describe("the database of the load", () => {
  test("has exactly the runs, metrics and points that were asked for, also when it is made again", async () => {
    await generate(temporary.db, SIZE, () => undefined);
    const [counts] = await query(
      `SELECT (SELECT count(*) FROM "Run" WHERE kind <> 'study' AND "parentId" IS NULL) AS runs,
         (SELECT count(*) FROM "Run" WHERE kind = 'study') AS studies, (SELECT count(*) FROM "Run" WHERE "parentId" IS NOT NULL) AS inside, (SELECT count(*) FROM "MetricPoint") AS points, (SELECT sum(count)::int FROM "MetricSeries") AS summed`,
    );
    const { studies, runsInside } = studiesOf(SIZE);
    const runs = { runs: SIZE.runs, studies, inside: studies * runsInside };
    expect(counts).toEqual({ ...runs, points: SIZE.points, summed: SIZE.points });
  });

  test("has the summaries and buckets that the store keeps for the same points", async () => {
    const { db, projectId } = temporary;
    const [made] = await query<{ id: number }>(
      `SELECT id FROM "MetricSeries" WHERE key = $1 ORDER BY count DESC, id LIMIT 1`,
      [LONG_KEY],
    );
    const points = await query<{ step: number; value: number }>(
      `SELECT step, value FROM "MetricPoint" WHERE "seriesId" = $1 ORDER BY step`,
      [made!.id],
    );
    expect(points.length).toBeGreaterThanOrEqual(spreadOf(SIZE).long.points);
    const runId = await launchRun(db, { projectId, kind: "sleep", name: "store", config: {}, labels: ["store"] });
    const { attemptId } = (await claim(db, someWorker("store")))!;
    const events = points.map(({ step, value }) => ({ type: "metric" as const, step, values: { [LONG_KEY]: value } }));
    await recordEvents(db, attemptId, numbered(events));
    const [stored] = await query<{ id: number }>(`SELECT id FROM "MetricSeries" WHERE "runId" = $1`, [runId]);

    const summary = `SELECT last, "lastStep", min, max, count, "nonFinite" FROM "MetricSeries" WHERE id = $1`;
    expect(await query(summary, [made!.id])).toEqual(await query(summary, [stored!.id]));
    const buckets = `SELECT width, bucket, attempt, count, min, max, round(sum::numeric, 9) AS sum FROM "MetricBucket" WHERE "seriesId" = $1 ORDER BY 1, 2`;
    expect(await query(buckets, [made!.id])).toEqual(await query(buckets, [stored!.id]));
  });
});

test.each([
  [0.5, 3],
  [0.95, 5],
  [0.2, 1],
])("quantile %f of 1 to 5 is %i", (share, value) => {
  expect(quantile([1, 2, 3, 4, 5], share)).toBe(value);
});

test("a table's columns are as wide as their widest cell", () => {
  expect(
    markdownTable([
      ["a", "long"],
      ["wider", "b"],
    ]),
  ).toBe("| a     | long |\n| ----- | ---- |\n| wider | b    |");
});
