import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BenchResults } from "../src/results.ts";
import { sourcesHash } from "../src/sources-hash.ts";

const program = join(import.meta.dirname, "..", "src", "bench.ts");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "uniarm-bench-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const read = (file: string): BenchResults => BenchResults.parse(JSON.parse(readFileSync(file, "utf8")));
const samplesOf = ({ cases }: BenchResults): number[] =>
  cases.flatMap(({ contenders }) => contenders.map(({ samples }) => samples.length));
const quick = (file: string): string[] => [program, "--quick", "--no-pytorch", "--repeats", "2", "--json", file];

test("a run that is killed resumes where it was, and measures nothing twice", async () => {
  const file = join(folder, "results.json");
  const child = spawn(process.execPath, quick(file), { stdio: "ignore" });
  while (!existsSync(`${file}.partial`)) await setTimeout(20);
  child.kill("SIGKILL");
  await once(child, "close");
  const { results } = JSON.parse(readFileSync(`${file}.partial`, "utf8")) as { results: unknown };
  const before = BenchResults.parse(results);
  expect(existsSync(file)).toBe(false); // an unfinished run leaves no results
  const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
  expect(sum(samplesOf(before))).toBeGreaterThan(0);

  const { status, stdout } = spawnSync(process.execPath, quick(file), { encoding: "utf8" });
  expect(status).toBe(0);
  expect(existsSync(`${file}.partial`)).toBe(false);
  const after = read(file);
  expect(after.cases[0]!.contenders[0]!.samples[0]).toEqual(before.cases[0]!.contenders[0]!.samples[0]);
  const ours = after.cases.flatMap(({ contenders }) => contenders.filter(({ side }) => side === "uniarm"));
  expect(ours.length).toBeGreaterThanOrEqual(after.cases.length); // more where the CPU multiplies bfloat16
  expect(ours.every(({ samples }) => samples.length === 2)).toBe(true);
  expect(sum(samplesOf(before))).toBeLessThan(sum(samplesOf(after)));
  expect(stdout).toMatch(/\| `decode\.quick` +\| seconds +\| tokens\/s +\| peak memory \(libraries\), MB \|/);
});

test("beside a neighbour the tables say so, and a run without one takes none of its figures", () => {
  const file = join(folder, "results.json");
  const args = [...quick(file), "--repeats", "1", "--only", "train.quick"];
  const beside = spawnSync(process.execPath, [...args, "--neighbour"], { encoding: "utf8" });
  expect(beside.stdout).toContain("in turn, each beside a process that kept a core busy; seconds are");
  expect(read(file).machine.neighbours).toBe(1);
  writeFileSync(`${file}.partial`, JSON.stringify({ sources: sourcesHash(), results: read(file) }));
  const alone = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(alone.stdout).not.toContain("busy");
  expect(alone.stderr).toContain("(1 of 1)"); // measured again
});

test("without PyTorch the sentence names the command that brings it", () => {
  const env = { ...process.env, UNIARM_BENCH_PYTHON: join(folder, "no-python") };
  const { status, stderr } = spawnSync(process.execPath, [program, "--quick"], { encoding: "utf8", env });
  expect(status).toBe(3);
  expect(stderr.trim()).toBe(
    "There is no Python with torch and transformers. Make one: pnpm bench:setup, or measure ours alone: --no-pytorch.",
  );
});
