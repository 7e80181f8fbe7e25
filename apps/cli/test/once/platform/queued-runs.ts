import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { runCli } from "../../run-cli.ts";
import { untilRun, type Platform, type RunView } from "./platform.ts";

/** A platform whose worker gives runs to a system with a queue. */
interface Site {
  platform: Platform;
}

export interface QueuedRun extends RunView {
  attempts: (RunView["attempts"][number] & { id: string; externalId: string | null })[];
}

/** Launches a run that counts. @returns its id */
export async function launchSleep({ platform }: Site, steps: number, label?: string): Promise<string> {
  const config = { steps, stepMs: 250, checkpointEvery: 1000 };
  const run = { kind: "sleep", config, labels: label === undefined ? [] : [label], useCache: false };
  return (await platform.insist<{ id: string }>("POST", "/api/runs", run)).id;
}

/** Waits for a run to satisfy something, by default to end; a guard against waiting for ever, not a measure. */
export const until = async (site: Site, id: string, isSo?: (run: RunView) => boolean): Promise<QueuedRun> =>
  (await untilRun(site.platform, id, isSo, 600_000)) as QueuedRun;

export const isAtWork = ({ series }: RunView): boolean => series.some(({ count }) => count > 1);
export const endsOf = ({ attempts }: RunView): string[] => attempts.map(({ state }) => state);
export const endOf = ({ state, reason }: RunView): string => `${state} ${reason}`.trim();
/** What the system calls the newest attempt's job. */
export const jobOf = ({ attempts }: QueuedRun): string => attempts.at(-1)!.externalId!;

/** Each step of a run is recorded once, whoever did it. */
export async function expectEachStepOnce({ platform }: Site, id: string, steps: number): Promise<void> {
  const { series } = await platform.insist<{ series: { step: number[] }[] }>(
    "GET",
    `/api/metrics/history?runs=${id}&keys=value&points=2000`,
  );
  expect(series[0]!.step).toEqual(Array.from({ length: steps }, (_, index) => index + 1));
}

/** Of the process that does a run's work, or of the one before it that writes down what it says. */
export function pidOf(run: QueuedRun, program: "main" | "on-node" = "main"): number {
  const { id } = run.attempts.at(-1)!;
  const main = Number(
    execFileSync("pgrep", ["-f", "/job/main."], { encoding: "utf8" })
      .trim()
      .split("\n")
      .find((pid) => workingFolderOf(pid).endsWith(id)),
  );
  return program === "main" ? main : parentOf(main);
}

function workingFolderOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return ""; // it has ended
  }
}

export function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

interface Artifact {
  name: string;
  files: { path: string; sha256: string }[];
}

/** Runs a study as jobs and in one process, whose files have to be the same, byte for byte. @returns the former */
export async function expectSameAsHere(site: Site, config: object): Promise<RunView> {
  const { platform } = site;
  const launched = { kind: "study", config, useCache: false };
  const { id } = await platform.call<{ id: string }>("POST", "/api/runs", launched);
  const study = await until(site, id);
  expect(endOf(study)).toBe("SUCCEEDED");
  const file = join(platform.folder, "study.json");
  writeFileSync(file, JSON.stringify(config));
  const here = join(platform.folder, "here");
  const { code, stderr } = await runCli(["study", "run", file, "--output", here]);
  expect(code, stderr).toBe(0);
  const made: { path: string; sha256: string }[] = [];
  for (const { id: child, name: stage } of study.children) {
    const { artifacts } = await platform.call<{ artifacts: Artifact[] }>("GET", `/api/runs/${child}/artifacts`);
    for (const { name, files } of artifacts)
      // a checkpoint's folder has its step in its name there
      if (name !== "checkpoint") made.push(...files.map(({ path, sha256 }) => ({ path: join(stage, path), sha256 })));
  }
  expect(made.filter(({ path }) => path.endsWith("report.json")).length).toBeGreaterThan(0);
  const hashOf = (path: string): string =>
    createHash("sha256")
      .update(readFileSync(join(here, path)))
      .digest("hex");
  expect(made).toEqual(made.map(({ path }) => ({ path, sha256: hashOf(path) })));
  return study;
}
