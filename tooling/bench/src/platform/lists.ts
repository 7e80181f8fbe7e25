import { createRandom } from "@uniarm/core";
import type { Api } from "./api.ts";
import { PROJECT } from "./generate.ts";
import { keyName, type LoadSize } from "./size.ts";
import { timed, type Timing } from "./timing.ts";

interface Page {
  runs: { id: string }[];
  nextCursor: string | null;
}

/** What the list of runs is asked for, again and again with other numbers. */
export async function measureLists(api: Api, size: LoadSize, requests: number): Promise<Timing[]> {
  const random = createRandom(1);
  const limit = String(Math.max(1, Math.min(50, Math.floor(size.runs / 20)))); // so that there is a second page
  const page = (query: Record<string, string>): Promise<Page> =>
    api.call<Page>("GET", `/api/runs?${new URLSearchParams({ project: PROJECT, limit, ...query }).toString()}`);
  const key = (): string => keyName(random.integer(size.keys));
  const found = (answer: Page): Page => {
    if (answer.runs.length === 0) throw new Error("A measured list is empty.");
    return answer;
  };
  const bound = (): string => (1 + random.uniform()).toFixed(3);
  const second = async (query: Record<string, string>): Promise<string> => (await page(query)).nextCursor!;

  const { runs: studies } = await page({ filter: "kind = study" });
  const study = (): string => studies[random.integer(studies.length)]!.id;

  const byCreated = { filter: "state = FAILED", sort: "-created" };
  const byMetric = { filter: `metric.${keyName(1)} < 2`, sort: `metric.${keyName(1)}` };
  const [createdCursor, metricCursor] = [await second(byCreated), await second(byMetric)];
  const columns = ["config.optimizer.learningRate", "config.seed", "config.adapter.rank"];
  const queries: [string, () => Promise<Page>][] = [
    ["newest 50 runs", () => page({})],
    ["`state = FAILED`, newest first", () => page(byCreated)],
    ["the same, second page by cursor", () => page({ ...byCreated, cursor: createdCursor })],
    [
      "`metric.KEY < x`, sorted by that metric",
      () => {
        const one = key();
        return page({ filter: `metric.${one} < ${bound()}`, sort: `metric.${one}` });
      },
    ],
    ["the same, second page by cursor", () => page({ ...byMetric, cursor: metricCursor })],
    ["sorted by a metric, descending, no filter", () => page({ sort: `-metric.${key()}` })],
    [
      "`metric.A < x metric.B > y`, newest first",
      () => page({ filter: `metric.${key()} < ${4 + random.uniform()} metric.${key()} > ${1 + random.uniform()}` }),
    ],
    [
      "`config.optimizer.learningRate > x config.seed = n`",
      () =>
        page({
          filter: `config.optimizer.learningRate > 0.00${1 + random.integer(4)} config.seed = ${random.integer(5)}`,
        }),
    ],
    ["runs of a study, in its order", () => page({ parent: study(), sort: "position" })],
    ["`kind = train`, inside of studies alone", () => page({ filter: "(kind = train) not parent = none" })],
    ["`tag = seed-n` and a word of the name", () => page({ filter: `tag = seed-${random.integer(5)} train` })],
    [
      "newest 100 with 3 config and 9 metric columns",
      () =>
        page({ limit: "100", columns: [...columns, ...Array.from({ length: 9 }, () => `metric.${key()}`)].join(",") }),
    ],
  ];
  const timings: Timing[] = [];
  for (const [what, query] of queries) timings.push(await timed(what, requests, async () => found(await query())));
  return timings;
}
