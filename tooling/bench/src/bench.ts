/**
 * `pnpm bench`: times training and guided decoding, ours and PyTorch's in turn.
 *   --only train.mini,sweep.mixed     those cases alone
 *   --repeats N       processes of each program (default 3)
 *   --details         also: decoding against rows, prompt length and new tokens; profiles; what narrower base weights change
 *   --no-pytorch      ours alone
 *   --neighbour       beside each program, ours and PyTorch's alike, another process keeps a core busy
 *   --quick           tiny sizes, whose figures mean nothing
 *   --json FILE       results; a stopped run continues from them as long as the sources are the same
 *   --markdown FILE   puts the tables between the document's bench markers; with --render from the results alone
 * Exit code 0: done. 3: PyTorch is not installed. 1: a program failed.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { defaultBaseWeights, openEngine } from "@uniarm/core";
import type { BaseWeights } from "@uniarm/core/schema";
import { z } from "zod";
import { besideNeighbour } from "./busy-neighbour.ts";
import {
  casesOf,
  decodeProgram,
  PRECISION_MODELS,
  PRECISION_WEIGHTS,
  precisionProgram,
  profileProgram,
  type BenchCase,
  type Contender,
} from "./cases.ts";
import { measure } from "./measure.ts";
import { benchPython } from "./python.ts";
import { renderMarkdown, withTables } from "./render.ts";
import { BenchResults, Precision, Profile, ratiosOf, summaryOf } from "./results.ts";
import { Sample } from "./sample.ts";
import { sizes } from "./sizes.ts";
import { sourcesHash } from "./sources-hash.ts";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    repeats: { type: "string", default: "3" },
    details: { type: "boolean" },
    "no-pytorch": { type: "boolean" },
    neighbour: { type: "boolean" },
    quick: { type: "boolean" },
    render: { type: "boolean" },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});
const threads = availableParallelism();
await openEngine();
// what this machine uses by default
const training = defaultBaseWeights("training");
const decoding = defaultBaseWeights("decoding");
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** The cases to measure, with what a stopped run of the same sources has measured already; other cases are kept. */
function startingPoint(cases: readonly BenchCase[], repeats: number): BenchResults {
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    threads,
    node: process.versions.node,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    ...(flags.neighbour && { neighbours: 1 }),
  };
  const stopped = flags.json ? stoppedRun(flags.json) : null;
  const finished = flags.json && existsSync(flags.json) ? readResults(flags.json) : null;
  const samplesOf = (name: string, contender: string): Sample[] =>
    stopped?.cases.find((one) => one.name === name)?.contenders.find((one) => one.name === contender)?.samples ?? [];
  const asked = cases.map(({ name, work, size, contenders }) => ({
    name,
    work,
    tokens: work === "decode" ? tokensOf(size) : null,
    contenders: contenders.map(({ name: contender, side, what }) => ({
      name: contender,
      side,
      what,
      samples: samplesOf(name, contender),
    })),
  }));
  const others = flags.only
    ? (finished?.cases.filter(({ name }) => !cases.some((one) => one.name === name)) ?? [])
    : [];
  const { scaling, profile, trainingProfiles, precision } = (flags.details ? stopped : finished) ?? NO_DETAILS;
  const details = { scaling, profile, trainingProfiles, precision };
  return { machine, repeats, cases: [...others, ...asked], ...details, ratios: {} };
}

const NO_DETAILS = { scaling: [], profile: null, trainingProfiles: [], precision: [] };
const readResults = (path: string): BenchResults => BenchResults.parse(JSON.parse(readFileSync(path, "utf8")));
const tokensOf = (size: string): number => sizes.decode[size]!.vectors * sizes.decode[size]!.newTokens;

/** Kept while a run is under way; it belongs to the sources that it measured. */
const partialFile = (path: string): string => `${path}.partial`;
const Partial = z.strictObject({ sources: z.string(), results: BenchResults });

function stoppedRun(path: string): BenchResults | null {
  if (!existsSync(partialFile(path))) return null;
  const { sources, results } = Partial.parse(JSON.parse(readFileSync(partialFile(path), "utf8")));
  const isBesideOthers = (results.machine.neighbours ?? 0) > 0;
  return sources === sourcesHash() && isBesideOthers === (flags.neighbour ?? false) ? results : null;
}

function save(results: BenchResults): void {
  results.ratios = ratiosOf(results.cases);
  if (!flags.json) return;
  const content = { sources: sourcesHash(), results } satisfies z.infer<typeof Partial>;
  writeFileSync(`${partialFile(flags.json)}.new`, JSON.stringify(content));
  renameSync(`${partialFile(flags.json)}.new`, partialFile(flags.json));
}

function finish(results: BenchResults): void {
  save(results);
  if (!flags.json) return;
  writeFileSync(flags.json, `${JSON.stringify(results, null, 2)}\n`);
  rmSync(partialFile(flags.json));
}

async function runCases(cases: readonly BenchCase[], results: BenchResults, python: string | null): Promise<void> {
  const plan = Array.from({ length: results.repeats }, (_, round) => round).flatMap((round) =>
    cases.flatMap((one) => one.contenders.map((contender) => ({ round, one, contender }))),
  );
  const startedAt = performance.now();
  let done = 0;
  for (const { round, one, contender } of plan) {
    const place = results.cases
      .find(({ name }) => name === one.name)!
      .contenders.find(({ name }) => name === contender.name)!;
    const command = commandOf(contender, python);
    if (command === null || place.samples.length > round) continue;
    const minutesLeft = done > 0 ? ((performance.now() - startedAt) / done / 60_000) * (plan.length - done) : null;
    const left = minutesLeft === null ? "" : `, about ${Math.ceil(minutesLeft)} min left`;
    say(`${one.name}: ${contender.what} (${round + 1} of ${results.repeats}${left})`);
    const run = (): Promise<Sample> => measure(Sample, command, contender.args, threads);
    place.samples.push(await (flags.neighbour ? besideNeighbour(run) : run()));
    done += 1;
    save(results);
  }
}

function commandOf({ side }: Contender, python: string | null): string | null {
  return side === "uniarm" ? process.execPath : python;
}

const AXES = {
  rows: [1, 2, 4, 8, 16, 32],
  "prompt tokens": [16, 32, 64, 128, 256],
  "new tokens": [8, 16, 32, 64, 128],
} as const;

async function runScaling(results: BenchResults, size: string): Promise<void> {
  const { vectors, promptTokens } = sizes.decode[size]!;
  for (const [axis, places] of Object.entries(AXES)) {
    for (const at of places) {
      if (results.scaling.some((point) => point.axis === axis && point.at === at)) continue;
      say(`scaling: ${at} ${axis}`);
      const changes = { rows: [at], "prompt tokens": [vectors, at], "new tokens": [vectors, promptTokens, at] }[axis]!;
      const { seconds } = await measure(Sample, process.execPath, decodeProgram(size, decoding, ...changes), threads);
      results.scaling.push({ axis, at, seconds: summaryOf(seconds).median });
      save(results);
    }
  }
}

async function runDetails(results: BenchResults, size: string, trained: readonly string[]): Promise<void> {
  await runScaling(results, size);
  const profileOf = (work: "train" | "decode", one: string, type: BaseWeights): Promise<Profile> =>
    measure(Profile, process.execPath, profileProgram(work, one, type), threads);
  say("profile of a guided decoding");
  results.profile ??= await profileOf("decode", size, decoding);
  for (const one of trained) {
    if (results.trainingProfiles.some((known) => known.size === one)) continue;
    say(`profile of a training step: ${one}`);
    results.trainingProfiles.push({ size: one, ...(await profileOf("train", one, training)) });
  }
  for (const { model, folder, texts } of PRECISION_MODELS) {
    for (const baseWeights of PRECISION_WEIGHTS) {
      if (results.precision.some((one) => one.model === model && one.baseWeights === baseWeights)) continue;
      say(`what ${baseWeights} changes: ${model}`);
      const program = precisionProgram(folder, texts, baseWeights);
      const found = await measure(Precision, process.execPath, program, threads);
      results.precision.push({ model, baseWeights, ...found });
    }
  }
  save(results);
}

async function main(): Promise<void> {
  if (flags.markdown) withTables(readFileSync(flags.markdown, "utf8"), ""); // not after an hour of measuring
  const only = flags.only?.split(",");
  const cases = casesOf(flags.quick ?? false, { threads, training, decoding }).filter(
    ({ name }) => !only || only.includes(name),
  );
  let results: BenchResults;
  if (flags.render && flags.json) results = readResults(flags.json);
  else {
    const python = flags["no-pytorch"] ? null : benchPython();
    if (python === null && !flags["no-pytorch"]) {
      say(
        "There is no Python with torch and transformers. Make one: pnpm bench:setup, or measure ours alone: --no-pytorch.",
      );
      process.exitCode = 3;
      return;
    }
    results = startingPoint(cases, Number(flags.repeats));
    await runCases(cases, results, python);
    const [decoded, trained] = flags.quick ? ["quick", ["quick"]] : ["medium", ["mini", "small", "dialogues"]];
    if (flags.details) await runDetails(results, decoded, trained);
    finish(results);
  }
  const tables = renderMarkdown(results);
  process.stdout.write(`${tables}\n`);
  if (flags.markdown) writeFileSync(flags.markdown, withTables(readFileSync(flags.markdown, "utf8"), tables));
}

await main();
