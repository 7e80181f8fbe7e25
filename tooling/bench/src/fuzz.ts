/**
 * `pnpm fuzz:api`: schemathesis against the api's OpenAPI document, on a database of its own: no answer may be a defect (5xx).
 *   --minutes N       default 10
 *   --seed N          the same requests again; default 1
 *   --json FILE       schemathesis' own report
 *   --markdown FILE   puts the figures between the document's fuzz marks
 * The Python for it is UNIARM_FUZZ_PYTHON, or a virtual environment in this user's cache, made when it does not exist.
 * Exit code 1: a defect was found, and the request that shows it printed.
 */
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { startPostgres } from "@uniarm/db";
import { cacheFolder } from "../../engine/src/cache.ts";
import { findPython } from "../../engine/src/prerequisites.ts";
import { run } from "../../engine/src/run.ts";
import { markdownTable, putBetweenMarks } from "./markdown.ts";
import { startApi } from "./platform/api.ts";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});

const Report = z.object({
  schemathesis_version: z.string(),
  running_time: z.number(),
  operations: z.object({ total: z.int(), tested: z.int() }),
  test_cases: z.object({ generated: z.int(), with_failures: z.int(), unique_failures: z.int(), errored: z.int() }),
});

const folder = mkdtempSync(join(tmpdir(), "uniarm-fuzz-"));
chmodSync(folder, 0o755); // the system user postgres works in it
const python = await fuzzPython();
const postgres = await startPostgres({ folder });
const api = await startApi({ folder, databaseUrl: postgres.url });
try {
  for (const name of ["one", "two", "three"])
    await api.call("POST", "/api/runs", { kind: "sleep", name, tags: ["fuzz"] });
  const file = join(folder, "report.json");
  const settings = [
    "--header",
    `Authorization: Bearer ${api.adminKey}`,
    "--checks",
    "not_a_server_error",
    "--continue-on-failure",
    "--max-time",
    String(Number(flags.minutes) * 60),
    "--seed",
    flags.seed,
    "--report-json-path",
    file,
    // wrong keys lock their sender out after a while: nothing would be tested any more
    "--generation-with-security-parameters",
    "false",
    "--generation-database",
    "none",
    "--warnings",
    "off",
  ];
  const child = spawn(python, ["-m", "schemathesis.cli", "run", `${api.url}/api/openapi.json`, ...settings], {
    stdio: ["ignore", "inherit", "inherit"],
    cwd: folder,
  });
  const [code] = (await once(child, "close")) as [number];
  const report = Report.parse(JSON.parse(readFileSync(file, "utf8")));
  if (flags.json) copyFileSync(file, flags.json);
  await api.call("GET", "/api/me"); // its key still counts
  const table = render(report, await served());
  process.stdout.write(`${table}\n`);
  if (flags.markdown) putBetweenMarks(flags.markdown, "fuzz", table);
  process.exitCode = code === 0 && report.test_cases.with_failures === 0 ? 0 : 1;
} finally {
  await api.stop();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Requests by the first digit of their status, as the api counted them. */
async function served(): Promise<Map<string, number>> {
  const answer = await fetch(`${api.url}/metrics`, { headers: { authorization: `Bearer ${api.key}` } });
  const counts = new Map<string, number>();
  for (const [, status, count] of (await answer.text()).matchAll(
    /^uniarm_request_seconds_count\{.*status="(\d)\d\d".*\} (\d+)$/gm,
  ))
    counts.set(status!, (counts.get(status!) ?? 0) + Number(count));
  return counts;
}

function render(
  { schemathesis_version: version, running_time: seconds, operations, test_cases: cases }: z.infer<typeof Report>,
  counts: Map<string, number>,
): string {
  const number = (value: number): string => value.toLocaleString("en-US");
  return markdownTable([
    [`schemathesis ${version}, seed ${flags.seed}`, "figure"],
    ["minutes", (seconds / 60).toFixed(1)],
    ["operations tested", `${operations.tested} of ${operations.total}`],
    ["test cases", number(cases.generated)],
    ...[...counts].sort().map(([status, count]) => [`answers ${status}xx`, number(count)]),
    ["test cases with a 5xx", number(cases.with_failures)],
  ]);
}

async function fuzzPython(): Promise<string> {
  const given = process.env.UNIARM_FUZZ_PYTHON;
  if (given) return given;
  const venv = join(cacheFolder(process.env), "fuzz-python");
  const command = join(venv, "bin", "python");
  const isThere =
    existsSync(command) && spawnSync(command, ["-c", "import schemathesis"], { stdio: "ignore" }).status === 0;
  if (isThere) return command;
  rmSync(venv, { recursive: true, force: true }); // a half-made one is useless
  await run(findPython(), ["-m", "venv", venv]);
  await run(command, [
    "-m",
    "pip",
    "install",
    "--quiet",
    "-r",
    join(import.meta.dirname, "..", "fuzz-requirements.txt"),
  ]);
  return command;
}
