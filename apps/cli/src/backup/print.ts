import type { BackedUp, Restored } from "@uniarm/db";

type Manifest = BackedUp["manifest"];

/** What a backup holds, for people and machines. */
export interface BackupSummary {
  takenAt: string;
  runs: number;
  points: number;
  keys: number;
  files: number;
  bytes: number;
  /** files that the database names and the backup does not hold */
  absent: Manifest["absent"];
}

export function backupSummary({ takenAt, tables, blobs, absent }: Manifest): BackupSummary {
  const rowsOf = (name: string): number => tables.find((table) => table.name === name)?.rows ?? 0;
  return {
    takenAt,
    runs: rowsOf("Run"),
    points: rowsOf("MetricPoint"),
    keys: rowsOf("ApiKey"),
    files: blobs.length,
    bytes: blobs.reduce((sum, { size }) => sum + size, 0),
    absent,
  };
}

const counted = (count: number): string => count.toLocaleString("en-US");
const files = (count: number): string => `${counted(count)} ${count === 1 ? "file" : "files"}`;

/** 1,234 bytes, 1.2 MB, 3.4 GB */
function amount(bytes: number): string {
  if (bytes < 1e5) return `${counted(bytes)} bytes`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

const contents = ({ takenAt, runs, points, keys, files: count, bytes }: BackupSummary): string =>
  `state of               ${takenAt}\nruns                   ${counted(runs)}, ${counted(points)} ${points === 1 ? "point" : "points"}\nfiles                  ${counted(count)}, ${amount(bytes)}\nkeys                   ${counted(keys)}, without their secrets\n`;

export function printedBackup(folder: string, summary: BackupSummary, newBytes: number): string {
  const purged = summary.absent.filter(({ why }) => why === "purged").length;
  const gone = purged === 0 ? "" : `purged meanwhile       ${files(purged)}, of deleted runs or by retention\n`;
  return `backup                 ${folder}\n${contents(summary)}new in it              ${amount(newBytes)}\n${gone}`;
}

export function printedRestore(folder: string, summary: BackupSummary, { damaged, unfinished }: Restored): string {
  const absent = summary.absent.length + damaged.length;
  return [
    `data                   ${folder}\n${contents(summary)}`,
    absent === 0
      ? ""
      : `without                ${files(absent)}; what ${absent === 1 ? "it" : "they"} belonged to counts as removed\n`,
    unfinished === 0
      ? ""
      : `unfinished             ${unfinished === 1 ? "1 run, which goes" : `${counted(unfinished)} runs, which go`} on with the first worker; to look first: uniarm serve --no-worker\n`,
    `next                   uniarm serve --data ${folder}\n`,
  ].join("");
}
