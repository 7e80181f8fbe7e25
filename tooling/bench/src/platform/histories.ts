import { createRandom } from "@uniarm/core";
import type { Api } from "./api.ts";
import { PROJECT } from "./generate.ts";
import { keyName, LONG_KEY, spreadOf, type LoadSize } from "./size.ts";
import { timed, type Timing } from "./timing.ts";

interface Answer {
  series: { step: number[]; total: number }[];
}

const POINTS = 1000;

/** What a chart asks for: histories of several runs, thinned out to 1,000 points. */
export async function measureHistories(api: Api, size: LoadSize, requests: number): Promise<Timing[]> {
  const random = createRandom(2);
  const { long, medium } = spreadOf(size);
  const oldest = await oldestRuns(api, long.runs + medium.runs);
  const longRuns = oldest.slice(0, long.runs);
  const draw = (count: number, from: readonly string[]): string[] =>
    Array.from({ length: count }, () => from[random.integer(from.length)]!);

  const history = async (runs: readonly string[], key: string, query: Record<string, string> = {}): Promise<void> => {
    const all = { runs: runs.join(","), keys: key, points: String(POINTS), ...query };
    const { series } = await api.call<Answer>("GET", `/api/metrics/history?${new URLSearchParams(all).toString()}`);
    if (series.length !== new Set(runs).size) throw new Error("A measured history is incomplete.");
    if (series.some(({ step }) => step.length === 0 || step.length > POINTS))
      throw new Error("A measured history is empty or too long.");
  };
  const zoom = (share: number) => (): Promise<void> => {
    const width = Math.floor(long.points * share);
    const from = random.integer(long.points - width);
    return history(draw(1, longRuns), LONG_KEY, { fromStep: String(from), toStep: String(from + width - 1) });
  };
  const count = (value: number): string => value.toLocaleString("en-US");
  const queries: [string, () => Promise<void>][] = [
    [`${longRuns.length} runs x 1 key of ${count(long.points)} points`, () => history(longRuns, LONG_KEY)],
    [`20 runs x 1 key: long, medium and short mixed`, () => history(draw(20, oldest), LONG_KEY)],
    [`20 runs x 1 key of a few points`, () => history(draw(20, oldest), keyName(1 + random.integer(size.keys - 1)))],
    [`1 run of ${count(long.points)} points, whole`, () => history(draw(1, longRuns), LONG_KEY)],
    [`zoomed to a tenth`, zoom(0.1)],
    [`zoomed to a hundredth`, zoom(0.01)],
    [`zoomed to a thousandth`, zoom(0.001)],
    [`${oldest.slice(-100).length} runs x 1 key, compared`, () => history(oldest.slice(-100), LONG_KEY)],
    [
      `100 runs x 1 key of a few points, compared`,
      () => history(oldest.slice(-100), keyName(1 + random.integer(size.keys - 1))),
    ],
    [`1 run of ${count(long.points)} points, LTTB`, () => history(draw(1, longRuns), LONG_KEY, { method: "lttb" })],
  ];
  const timings: Timing[] = [];
  for (const [what, query] of queries) timings.push(await timed(what, requests, query));
  return timings;
}

/** The first runs have the long histories. */
async function oldestRuns(api: Api, count: number): Promise<string[]> {
  const query = new URLSearchParams({
    project: PROJECT,
    filter: "kind = train",
    parent: "none",
    sort: "created",
    limit: String(count),
  });
  const { runs } = await api.call<{ runs: { id: string }[] }>("GET", `/api/runs?${query.toString()}`);
  return runs.map(({ id }) => id);
}
