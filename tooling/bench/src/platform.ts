/**
 * `pnpm bench:platform`: a database of 5,000 runs, 5 million metrics and 50 million points, and what the api does over it.
 *   --runs N --keys N --points N   other sizes, for a quick look: at least 60 runs
 *   --folder FOLDER     where the data is made, or continued (default: a temporary one); a data folder of `uniarm serve`
 *   --keep              leaves it there
 *   --requests N        of each kind (default 200)
 *   --seconds N         of each ingest (default 20)
 *   --subscribers N     of live events (default 500)
 *   --events N          that they hear (default 200)
 *   --json FILE         the figures
 *   --markdown FILE     puts them between the document's platform marks
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { openDatabase, startPostgres, type Database } from "@uniarm/db";
import { poolOf } from "@uniarm/db/testing";
import { putBetweenMarks } from "./markdown.ts";
import { startApi } from "./platform/api.ts";
import { WRITTEN } from "./platform/attempts.ts";
import { diskUse } from "./platform/disk.ts";
import { generate } from "./platform/generate.ts";
import { measureHistories } from "./platform/histories.ts";
import { measureIngest } from "./platform/ingest.ts";
import { measureLists } from "./platform/lists.ts";
import { measureLive } from "./platform/live.ts";
import { renderPlatform } from "./platform/render.ts";
import type { PlatformResults } from "./platform/results.ts";
import type { LoadSize } from "./platform/size.ts";

const { values: flags } = parseArgs({
  options: {
    runs: { type: "string", default: "5000" },
    keys: { type: "string", default: "1000" },
    points: { type: "string", default: "50000000" },
    requests: { type: "string", default: "200" },
    seconds: { type: "string", default: "20" },
    subscribers: { type: "string", default: "500" },
    events: { type: "string", default: "200" },
    folder: { type: "string" },
    keep: { type: "boolean", default: false },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});
const size: LoadSize = { runs: Number(flags.runs), keys: Number(flags.keys), points: Number(flags.points) };
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const folder = flags.folder === undefined ? mkdtempSync(join(tmpdir(), "uniarm-load-")) : resolve(flags.folder);
mkdirSync(folder, { recursive: true });
chmodSync(folder, 0o755); // the system user postgres works in it
const postgres = await startPostgres({ folder });
const db = await openDatabase(postgres.url);
try {
  await fill();
  const results = await measure();
  const tables = renderPlatform(results);
  process.stdout.write(`${tables}\n`);
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(results, null, 2)}\n`);
  if (flags.markdown) putBetweenMarks(flags.markdown, "platform", tables);
} finally {
  await removeWritten(db);
  await db.close();
  await postgres.stop();
  if (!flags.keep) rmSync(folder, { recursive: true, force: true });
}

async function fill(): Promise<void> {
  const startedAt = performance.now();
  let first: number | null = null;
  let saidAt = 0;
  await generate(db, size, (done) => {
    first ??= done;
    const seconds = (performance.now() - startedAt) / 1000;
    if (seconds - saidAt < 5 || done <= first) return;
    saidAt = seconds;
    const left = ((size.points - done) / (done - first)) * seconds;
    say(`${(done / 1e6).toFixed(1)} of ${(size.points / 1e6).toFixed(1)} million points, ${Math.ceil(left)} s left`);
  });
  if (first !== null) await poolOf(db).query("VACUUM ANALYZE");
}

async function measure(): Promise<PlatformResults> {
  const loadBefore = loadavg()[0]!;
  const [requests, seconds] = [Number(flags.requests), Number(flags.seconds)];
  let api = await startApi({ folder, databaseUrl: postgres.url });
  try {
    const startMb = api.memoryMb();
    say("lists");
    const lists = await measureLists(api, size, requests);
    say("histories");
    const histories = await measureHistories(api, size, requests);
    const disk = await diskUse(db);
    say("ingest");
    const ingest = [];
    for (const metricsAStep of [4, 20]) ingest.push(await measureIngest(api, { clients: 4, metricsAStep, seconds }));
    say("live events");
    const first = api;
    let peakMb = 0;
    const live = await measureLive({
      api,
      db,
      subscribers: Number(flags.subscribers),
      events: Number(flags.events),
      restart: async (meanwhile) => {
        peakMb = first.peakMemoryMb() ?? 0;
        await first.kill();
        await meanwhile();
        api = await startApi({ folder, databaseUrl: postgres.url, port: Number(new URL(first.url).port) });
        return api;
      },
    });
    const { rows } = await poolOf(db).query<{ version: string }>("SELECT current_setting('server_version') AS version");
    return {
      machine: {
        cpu: cpus()[0]?.model ?? "unknown",
        threads: availableParallelism(),
        node: process.versions.node,
        memoryGb: Math.round(totalmem() / 2 ** 30),
        postgres: rows[0]!.version.split(" ")[0]!,
        loadBefore,
        loadAfter: loadavg()[0]!,
      },
      size,
      lists,
      histories,
      ingest,
      live,
      disk,
      memory: { startMb, peakMb: Math.max(peakMb, api.peakMemoryMb() ?? 0) },
    };
  } finally {
    await api.stop();
  }
}

/** What was written while measuring, so that the data can be used again. */
async function removeWritten(db: Database): Promise<void> {
  await poolOf(db).query(`DELETE FROM "Project" WHERE name = $1`, [WRITTEN]);
}
