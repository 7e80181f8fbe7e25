/**
 * `pnpm bench:tracker`: how fast the dashboard is over the database of the load, in a real browser.
 *   --folder FOLDER     a data folder that `pnpm bench:platform --keep --folder FOLDER` left
 *   --repeats N         of each (default 5)
 *   --json FILE         the figures
 *   --markdown FILE     puts them between the document's tracker marks
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { LONG_KEY, markdownTable, PROJECT, putBetweenMarks } from "@uniarm/bench";
import { startPlatform } from "@uniarm/cli/testing";
import { openBrowser } from "./chromium.ts";
import {
  comparing,
  filtering,
  openingStudies,
  runsAddress,
  runsPage,
  scrolling,
  zooming,
  type Measure,
} from "./measures.ts";

const COMPARED = 100;
const FILTERS = [`metric.${LONG_KEY} < 0.5`, "kind = train", "config.seed = 3", "tag = seed-1", "state = FAILED"];

const { values: flags } = parseArgs({
  options: {
    folder: { type: "string" },
    repeats: { type: "string", default: "5" },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});
if (flags.folder === undefined) {
  process.stderr.write("Name the data folder: --folder FOLDER. Make one: pnpm bench:platform --keep --folder FOLDER\n");
  process.exit(2);
}
const repeats = Number(flags.repeats);
const loadBefore = loadavg()[0]!;
const served = await startPlatform({ folder: resolve(flags.folder), flags: ["--no-auth", "--slots", "1"] });
const browser = await openBrowser({ width: 1440, height: 900 });
try {
  const runs = await list(`project=${PROJECT}&sort=-metric.${LONG_KEY}.count&limit=${COMPARED}`);
  const page = await browser.context.newPage();
  const measures: Measure[] = [await runsPage(page, served.url, repeats), await scrolling(page)];
  await page.goto(runsAddress(served.url));
  measures.push(await filtering(page, FILTERS));
  measures.push(await openingStudies(page, served.url, repeats));
  measures.push(await comparing(page, served.url, runs, repeats));
  measures.push(await zooming(page, served.url, runs[0]!, repeats));
  const text = [
    `Chromium without a GPU, 1440 x 900, on the same ${availableParallelism()} threads of ${cpus()[0]?.model ?? "unknown"} as server and database; ` +
      `load average ${loadBefore.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after.`,
    markdownTable([
      ["in the browser", "at most, ms", "is, ms", "met"],
      ...measures.map(({ what, limitMs, ms }) => [
        what,
        String(limitMs),
        String(Math.round(ms)),
        ms <= limitMs ? "yes" : "no",
      ]),
    ]),
  ].join("\n\n");
  process.stdout.write(`${text}\n`);
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(measures, null, 2)}\n`);
  if (flags.markdown) putBetweenMarks(flags.markdown, "tracker", text);
} finally {
  await browser.close();
  await served.stop();
}

async function list(query: string): Promise<string[]> {
  const { runs } = await served.call<{ runs: { id: string }[] }>("GET", `/api/runs?${query}`);
  return runs.map(({ id }) => id);
}
