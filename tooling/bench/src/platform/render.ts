import { markdownTable } from "../markdown.ts";
import type { PlatformResults } from "./results.ts";
import type { Timing } from "./timing.ts";

const number = (value: number): string => Math.round(value).toLocaleString("en-US");
const ms = (value: number): string => (value < 10 ? value.toFixed(1) : String(Math.round(value)));
const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);

const timings = (title: string, rows: readonly Timing[]): string =>
  markdownTable([
    [title, "p50, ms", "p95, ms", "most, ms"],
    ...rows.map(({ what, p50Ms, p95Ms, maxMs }) => [what, ms(p50Ms), ms(p95Ms), ms(maxMs)]),
  ]);

/** The figures as tables of a document. */
export function renderPlatform(results: PlatformResults): string {
  const { machine, size, lists, histories, ingest, live, memory, disk } = results;
  const verdict = (isMet: boolean): string => (isMet ? "yes" : "no");
  const worst = (rows: readonly Timing[]): number => Math.max(...rows.map(({ p95Ms }) => p95Ms));
  const least = Math.min(...ingest.map(({ pointsPerSecond }) => pointsPerSecond));
  const [twentyRuns] = [histories.slice(0, 3)];
  const peak = memory.peakMb ?? 0;
  return [
    `Measured on ${machine.threads} threads of ${machine.cpu}, ${machine.memoryGb} GB, Node ${machine.node}, PostgreSQL ${machine.postgres} as \`uniarm serve\` starts it; ` +
      `load average ${machine.loadBefore.toFixed(1)} before, ${machine.loadAfter.toFixed(1)} after. ` +
      `${number(size.runs)} runs of ${number(size.keys)} metrics (${number(size.runs * size.keys)} series), ${number(size.points)} points.`,
    markdownTable([
      ["asked for", "is", "met"],
      ["list of runs, worst p95 at most 100 ms", `${ms(worst(lists))} ms`, verdict(worst(lists) <= 100)],
      [
        "history of 20 runs, worst p95 at most 150 ms",
        `${ms(worst(twentyRuns))} ms`,
        verdict(worst(twentyRuns) <= 150),
      ],
      ["ingest by 4 clients, at least 20,000 points/s", `${number(least)} points/s`, verdict(least >= 20_000)],
      ["peak memory of the api, at most 400 MB", `${number(peak)} MB`, verdict(peak <= 400)],
      [
        `an event reaches ${live.subscribers} subscribers within 1 s`,
        `${ms(live.toAllMaxMs)} ms at most`,
        verdict(live.toAllMaxMs <= 1000),
      ],
      ["events missed over a restart of the api", number(live.missed), verdict(live.missed === 0)],
    ]),
    timings("page of 50 runs", lists),
    timings("histories, at most 1,000 points each", histories),
    markdownTable([
      ["ingest", "points/s", "p95 of a request, ms"],
      ...ingest.map(({ clients, metricsAStep, pointsPerSecond, requestP95Ms }) => [
        `${clients} clients, 500 steps of ${metricsAStep} metrics a request`,
        number(pointsPerSecond),
        ms(requestP95Ms),
      ]),
    ]),
    markdownTable([
      ["live events", "figure"],
      ["subscribers of one run, events", `${live.subscribers}, ${live.events}`],
      [
        "from sending an event until all have it: p50, p95, most",
        [live.toAllP50Ms, live.toAllP95Ms, live.toAllMaxMs].map(ms).join(", ") + " ms",
      ],
      ["the api's memory after each quarter of the events", `${live.memoryMb.join(", ")} MB`],
      [
        `killed and restarted, ${live.eventsOverRestart} events meanwhile: all have all after`,
        `${live.caughtUpSeconds.toFixed(1)} s`,
      ],
      ["events missed or doubled", number(live.missed)],
    ]),
    markdownTable([
      ["memory of the api", "MB"],
      ["started", number(memory.startMb ?? 0)],
      ["peak", number(peak)],
    ]),
    markdownTable([
      ["on the disk", "rows", "table, GB", "indexes, GB"],
      ...disk.tables.map(({ table, rows, tableBytes, indexBytes }) => [
        table,
        number(rows),
        gigabytes(tableBytes),
        gigabytes(indexBytes),
      ]),
      ["all", "", gigabytes(disk.databaseBytes), ""],
    ]),
  ].join("\n\n");
}
