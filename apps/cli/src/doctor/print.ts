import type { DoctorReport, EngineReport } from "./report.ts";

/** The report for people: a line for each thing, and what to do about what is missing. */
export function printed({ engines, engine, node, postgres, disk, memory }: DoctorReport): string {
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const lines: [string, string][] = [
    ...engines.flatMap((one): [string, string][] => [[one.name, engineLine(one)], ...baseWeightLines(one)]),
    ["engine", engine === null ? "none runs: see above" : `${engine} is used unless UNIARM_ENGINE names another`],
    ["node", node.supported ? node.version : `${node.version}; the project runs on 22 (pnpm install brings it)`],
    ["postgres", postgresLine(postgres)],
    ["disk", `${gigabytes(disk.freeBytes)} free at ${disk.folder}`],
    ["memory", `${gigabytes(memory.freeBytes)} free of ${gigabytes(memory.totalBytes)}`],
  ];
  return lines.map(([name, text]) => `${name.padEnd(12)} ${text}`).join("\n");
}

function engineLine({
  available,
  version,
  device,
  threads,
  threadsReason,
  bfloat16,
  ownOperations,
  reason,
  fix,
}: EngineReport): string {
  if (!available) return `not available: ${reason ?? "unknown"} (${fix ?? ""})`;
  const why = threadsReason === undefined ? "" : ` (${threadsReason})`;
  const where = device === "gpu" ? "GPU" : `CPU, ${threads} ${threads === 1 ? "thread" : "threads"}${why}`;
  const narrow = bfloat16 ? "bfloat16 in hardware" : "bfloat16 widened";
  const own = ownOperations ? "own operations" : "no own operations";
  return `${version}, ${where}, ${narrow}, ${own}`;
}

/** What is the default, and the table it comes of: a line for each product, a column for each type. */
function baseWeightLines({ name, baseWeights }: EngineReport): [string, string][] {
  if (name !== "tensorflow" || !baseWeights) return [];
  const { training, decoding, reason, cells } = baseWeights;
  const products = Map.groupBy(cells, ({ job, rows }) => `${job}, ${rows} ${rows === 1 ? "row" : "rows"}`);
  return [
    ["weights", `${training} for training, ${decoding} for decoding: ${reason}`],
    ...[...products].map(([product, types]): [string, string] => [
      "",
      `${product}: ${types.map(({ type, milliseconds }) => `${type} ${milliseconds.toFixed(1)} ms`).join(", ")}`,
    ]),
  ];
}

function postgresLine({ program, address, reachable }: DoctorReport["postgres"]): string {
  const server = program ?? "no postgres or psql on PATH";
  if (address === null) return `${server}; UNIARM_DATABASE_URL is not set`;
  return `${server}; ${address} ${reachable ? "answers" : "does not answer"}`;
}
