/**
 * `pnpm bench:data`: writes preference data in the layout of PKU-SafeRLHF as JSON lines and as Parquet, and runs
 * `uniarm data stats` on each in a process of its own.
 *   --rows N          default 1,000,000
 *   --json FILE       the figures
 *   --markdown FILE   puts them between the document's data marks
 */
import { spawn } from "node:child_process";
import { createWriteStream, writeFileSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { z } from "zod";
import { createRandom, type Random } from "@uniarm/core";
import { putBetweenMarks } from "./markdown.ts";
import { programOf } from "./program-of.ts";

const { values: flags } = parseArgs({
  options: { rows: { type: "string", default: "1000000" }, json: { type: "string" }, markdown: { type: "string" } },
});
const rows = Number(flags.rows);

const Figures = z.object({
  pairs: z.number(),
  rowsPerSecond: z.number(),
  peakMemoryMb: z.number(),
  conflictRate: z.number(),
});

interface PkuRow {
  prompt: string;
  response_0: string;
  response_1: string;
  better_response_id: number;
  safer_response_id: number;
}

const WORDS =
  "how do I fix open close the garden radio kitchen car with gloves safely slowly please careful never always".split(
    " ",
  );

function rowOf(random: Random, index: number): PkuRow {
  const words = (count: number): string =>
    Array.from({ length: count }, () => WORDS[random.integer(WORDS.length)]).join(" ");
  return {
    prompt: `${words(10)} ${index % 250_000}?`, // prompts come four times, pairs do not
    response_0: words(20 + random.integer(40)),
    response_1: words(20 + random.integer(40)),
    better_response_id: random.integer(2),
    safer_response_id: random.integer(2),
  };
}

async function writeJsonLines(path: string): Promise<void> {
  const random = createRandom(0);
  const stream = createWriteStream(path);
  for (let index = 0; index < rows; index++)
    if (!stream.write(`${JSON.stringify(rowOf(random, index))}\n`)) await once(stream, "drain");
  stream.end();
  await once(stream, "finish");
}

const GROUP_ROWS = 50_000;

async function writeParquet(path: string): Promise<void> {
  const random = createRandom(0);
  const text = (name: string) =>
    ({ name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" }) as const;
  const id = (name: string) => ({ name, type: "INT32", repetition_type: "REQUIRED" }) as const;
  const columns = [
    text("prompt"),
    text("response_0"),
    text("response_1"),
    id("better_response_id"),
    id("safer_response_id"),
  ];
  const schema = [{ name: "root", num_children: columns.length }, ...columns];
  const writer = new ParquetWriter({ writer: fileWriter(path), schema, codec: "SNAPPY" });
  for (let start = 0; start < rows; start += GROUP_ROWS) {
    const group = Array.from({ length: Math.min(GROUP_ROWS, rows - start) }, (_, at) => rowOf(random, start + at));
    const data = columns.map(({ name }) => ({ name, data: group.map((row) => row[name as keyof PkuRow]) }));
    await writer.write({ columnData: data, rowGroupSize: GROUP_ROWS });
  }
  await writer.finish();
}

async function statsOf(path: string): Promise<z.infer<typeof Figures>> {
  const child = spawn(process.execPath, [programOf("cli"), "data", "stats", path, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (part: Buffer) => (printed += part.toString()));
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`data stats ended with ${code}: ${printed}`);
  return Figures.parse(JSON.parse(printed));
}

const folder = await mkdtemp(join(tmpdir(), "uniarm-data-"));
try {
  const results: Record<string, z.infer<typeof Figures> & { megabytes: number }> = {};
  for (const [name, write] of [
    ["pairs.jsonl", writeJsonLines],
    ["pairs.parquet", writeParquet],
  ] as const) {
    const path = join(folder, name);
    await write(path);
    const megabytes = Math.round((await stat(path)).size / 1e6);
    process.stderr.write(`${name}: ${rows.toLocaleString("en-US")} rows, ${megabytes} MB\n`);
    results[name] = { ...(await statsOf(path)), megabytes };
  }
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(results, null, 2)}\n`);
  const line = ([name, { pairs, megabytes, rowsPerSecond, peakMemoryMb }]: [
    string,
    (typeof results)[string],
  ]): string =>
    `| ${name} | ${pairs.toLocaleString("en-US")} | ${megabytes} MB | ${rowsPerSecond.toLocaleString("en-US")} | ${peakMemoryMb} MB |`;
  const table = [
    "| file | rows | size | rows a second | peak memory |",
    "| --- | --- | --- | --- | --- |",
    ...Object.entries(results).map(line),
  ].join("\n");
  process.stdout.write(`${table}\n`);
  if (flags.markdown) putBetweenMarks(flags.markdown, "data", table);
} finally {
  await rm(folder, { recursive: true, force: true });
}
