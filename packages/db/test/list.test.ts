import { metricName, SleepJob } from "@uniarm/pipeline/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claim, launchRun, listRuns, recordEvents } from "../src/index.ts";
import { numbered, someWorker, temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

let temporary: TemporaryDatabase;
beforeAll(async () => {
  temporary = await temporaryDatabase();
});
afterAll(async () => temporary.close());

describe("the list of runs", () => {
  test("filters by columns, config and metrics, sorts, and pages without gaps", async () => {
    const { db, projectId } = temporary;
    for (let index = 0; index < 7; index++) {
      await launchRun(db, {
        projectId,
        kind: "sleep",
        name: `listed ${index}`,
        labels: ["listed"],
        tags: [`seed-${index % 2}`],
        config: SleepJob.parse({ steps: index + 1 }),
      });
      const { attemptId } = (await claim(db, someWorker("listed")))!;
      await recordEvents(db, attemptId, numbered([{ type: "metric", step: 1, values: { score: index * 10 } }]));
    }
    const names = async (filter: string, sort = "name", limit = 50) => {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listRuns(db, { projectId, filter: `label = listed ${filter}`, sort, limit, cursor });
        found.push(...page.runs.map(({ name }) => name.replace("listed ", "")));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return found.join("");
    };
    expect(await names("")).toBe("0123456");
    expect(await names("", "-metric.score", 2)).toBe("6543210");
    expect(await names("", "config.steps", 3)).toBe("0123456");
    expect(await names("", "-created", 2)).toBe("6543210");
    expect(await names("metric.score >= 30 tag = seed-1")).toBe("35");
    expect(await names("config.steps = 2,4 or name = 'x'".replaceAll("'", '"') + " label = listed")).toBe("13");
    expect(await names("not tag = seed-0")).toBe("135");
    expect(await names("kind = Sleep state = running kind ~ lee")).toBe("0123456");
    expect(await names("kind != train,study")).toBe("0123456");
    expect(await names('"listed 3"')).toBe("3");
    expect(await names("created > 1h state = RUNNING metric.missing = none")).toBe("0123456");
    const { runs } = await listRuns(db, {
      projectId,
      filter: "label = listed",
      sort: "name",
      columns: ["config.steps", "metric.score.max"],
      limit: 1,
    });
    expect(runs[0]!.columns).toEqual({ "config.steps": 1, "metric.score.max": 0 });
  });

  test.each([
    ["loss > 1", /Runs have no "loss"/],
    ["state =", /nothing to compare/],
    ["= 3", /without a field/],
    ['"open', /quote is perhaps not closed/],
    ["name > a", /takes =, != and ~/],
    ["created > soon", /a date .* or an age/],
    ["a or", /ends in the middle/],
    ["metric.loss > x", /compared with a number/],
    ["experiment = sweep", /^"experiment" is called "group" now\.$/],
    ["kind = experiment", /^The kind "experiment" is called "study" now\.$/],
    [
      "kind = trian",
      /^No run has the kind "trian"; did you mean train\? There are pairs, train, .*, study, sweep, demo, import\.$/,
    ],
    ["kind != none", /^No run has the kind "none"/],
    ["kind ~ xyz", /^No run has the kind "xyz"\. There are pairs/],
    [
      "state = RUNING",
      /"RUNING"; did you mean RUNNING\? There are WAITING, QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED\.$/,
    ],
  ])("says what is wrong with the filter %j", async (filter, message) => {
    await expect(listRuns(temporary.db, { filter })).rejects.toThrow(message);
  });

  test.each(["-experiment", "experiment"])("sorted by %s names what that is called now", async (sort) => {
    await expect(listRuns(temporary.db, { sort })).rejects.toThrow(`"experiment" is called "group" now.`);
  });

  test.each(['\'; DROP TABLE "Run"; --', `config.a'b = "x'); DELETE FROM x"`, "name ~ %_\\"])(
    "takes SQL in a filter for text: %s",
    async (filter) => {
      await expect(listRuns(temporary.db, { filter })).resolves.toMatchObject({ runs: [] });
    },
  );
});

test("dates without an offset are the reader's", async () => {
  const { db, projectId } = temporary;
  const id = await launchRun(db, {
    projectId,
    kind: "sleep",
    name: "zoned",
    labels: ["zoned"],
    config: SleepJob.parse({}),
  });
  const { runs } = await listRuns(db, { projectId, filter: `id = ${id}` });
  const day = (zone: string, shift: number): string =>
    new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(
      runs[0]!.createdAt.getTime() + shift,
    );
  const found = async (zone: string, filter: string): Promise<number> =>
    (await listRuns(db, { projectId, zone, filter: `label = zoned ${filter}` })).runs.length;
  for (const zone of ["Pacific/Kiritimati", "Pacific/Niue", "Asia/Tokyo", "UTC"]) {
    const [today, tomorrow] = [day(zone, 0), day(zone, 86_400_000)];
    expect(await found(zone, `created >= ${today} created < ${tomorrow}`), zone).toBe(1);
    expect(await found(zone, `created >= ${tomorrow}`), zone).toBe(0);
  }
  await expect(found("Mars/Olympus", "created > 2026-01-01")).rejects.toThrow("There is no time zone");
});

describe("metrics whose names have marks", () => {
  const NAMES = [
    "acc@1,5",
    "f1 score",
    "loss(x=1)",
    "reward.max",
    "a..b",
    "ends.",
    'say "hi"',
    "back\\slash",
    "Größe",
    "2024",
    "null",
    "a<b",
  ];

  beforeAll(async () => {
    const { db, projectId } = temporary;
    const more: Record<string, number>[] = [{}, { reward: 5 }];
    for (const [index, extra] of more.entries()) {
      await launchRun(db, {
        projectId,
        kind: "sleep",
        name: `marked ${index}`,
        labels: ["marked"],
        config: SleepJob.parse({}),
      });
      const { attemptId } = (await claim(db, someWorker("marked")))!;
      const values = { ...Object.fromEntries(NAMES.map((name) => [name, index])), ...extra };
      await recordEvents(db, attemptId, numbered([{ type: "metric", step: 1, values }]));
    }
  });
  const list = async (query: { filter?: string; sort?: string; columns?: string[] }) => {
    const { db, projectId } = temporary;
    const { runs } = await listRuns(db, {
      projectId,
      sort: "name",
      ...query,
      filter: `label = marked ${query.filter ?? ""}`,
    });
    return runs;
  };

  test.each(NAMES)("%j is filtered, sorted and shown", async (name) => {
    const field = metricName(name);
    expect((await list({ filter: `${field} > 0.5` })).map((run) => run.name)).toEqual(["marked 1"]);
    expect((await list({ sort: `-${field}` })).map((run) => run.name)).toEqual(["marked 1", "marked 0"]);
    expect((await list({ columns: [field] })).map(({ columns }) => columns[field])).toEqual([0, 1]);
  });

  test("a name without quotes that can be two things is refused, and both can be said", async () => {
    await expect(list({ filter: "metric.reward.max > 1" })).rejects.toThrow(
      'Write metric."reward.max" for it, or metric."reward".max for the other.',
    );
    await expect(list({ columns: ["metric.reward.max"] })).rejects.toThrow("two things");
    await expect(list({ sort: "metric.reward.max" })).rejects.toThrow("two things");
    expect((await list({ filter: 'metric."reward".max > 1' })).map((run) => run.name)).toEqual(["marked 1"]);
    expect(await list({ filter: 'metric."reward.max" > 1' })).toEqual([]);
  });

  test.each(["metric.f1 score > 1", "metric.loss(x=1) > 0", "metric.acc@1,5 > 0"])(
    "%s says that names with marks go in quotes",
    async (filter) => {
      await expect(list({ filter })).rejects.toThrow('in quotes: metric."f1 score" > 0.5');
    },
  );
});
